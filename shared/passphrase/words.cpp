// Portuguese words of three to seven letters without accents, each once and in order; the project's
// own choice.
#include "shared/passphrase/words.hpp"

#include "shared/base/bytes.hpp"

namespace autocusto::passphrase {
namespace {

constexpr std::string_view k_text =
    "abacate abacaxi abelha aberto abrigo acaso aceno acerola acorde adega adesivo adubo "
    "afago agenda agosto agrado agulha ajuda alarme alcance alecrim alegre alface alho "
    "alicate alinhar alma alpaca alpiste altar altura aluno alvo amarelo ameixa amigo amora "
    "ampla anel angu animado anjo antena anzol apelido apito aplauso apoio aposta arame "
    "aranha arara arco areia argila aroma arquivo arraia arroz arte asa asfalto aspas assado "
    "assento assobio asteca atalho atleta ator atum aula aurora aveia avenida azeite azul "
    "azulejo babador bacia bagagem bagre baile bairro baixo bala balaio balde baleia balsa "
    "bambu banana banco banda banho banjo barato barba barco barraca barril barro base batata "
    "bateria batida batom bebida beco beijo beleza beliche belo bermuda berro besouro bezerro "
    "bico bigode bilhete bingo biombo bispo bloco blusa boca bode boina bola bolacha bolada "
    "bolero boleto bolha bolo bolsa bomba bombom bonde boneca bonito borda bosque bota bote "
    "botina bovino branco brasa brejo brilho brinco brinde brisa broca broche bronze broto "
    "bruma bruxa bucha bueiro bule burro busca cabana cabelo cabide cabo cabra cacau cacho "
    "cacto cadeado cadeira caderno caipira caixa caju calado calango caldo calma calor camelo "
    "caminho camisa campo caneca caneta canga canguru canjica canoa canto capa capela capim "
    "caqui cara carga carimbo carinho carona carpa carro carta casa casaco casca cascata "
    "casco caspa castelo castor cavalo caverna cebola cedro cegonha celeiro cenoura censo "
    "centeio centro cera cereja cerrado certo cerveja cesta chama chapa charco chave chegada "
    "cheiro chifre chinelo choro chuva ciclone cidade cidra cigarra cinema cinto cinza circo "
    "cisne claro classe clave clima clone clube coala cobra cobre cocada coco coelho cofre "
    "coisa cola colcha colete colher colina colmeia colo coluna comarca comida concha condor "
    "cone conta conto copa copo coral corda cordel coreto coro coroa corpo corrida corte "
    "coruja costela couro couve cova coxinha cozinha cravo creme crista cristal cubo cuia "
    "cuidado culto cume cupim curral curso curva cuscuz dado dama data debate decote dedal "
    "dedo defesa degrau deleite dente deque desafio desejo desenho deserto destino detalhe "
    "diadema dilema direito disco ditado dobra dobro doca doce domingo domo dono dorso "
    "dourado drama duelo duna dupla dureza eclipse edital efeito eixo elenco elmo elo emblema "
    "empada empate encanto engenho enguia enredo ensaio enseada entrada enxada enxame equador "
    "equipe era erva ervilha escada escama escola escova escudo escuro esfera esmalte espada "
    "espelho espera espiga espinho espiral esponja esporte espuma esquilo esquina estaca "
    "estado estante estilo estojo estrada estrela estribo estudo etapa evento exame exemplo "
    "extrato faca fachada faixa fama farinha farol farpa farra fartura fase fatia fato fauna "
    "fava favela favo favor fazenda fecho feira feito feixe feliz feno feriado ferro festa "
    "feudo fibra ficha figo figura fila filho filme filtro final fio firme fita fivela flauta "
    "flecha flor fluido foca foco fogo foice folga folha fonte forma formiga forno forro "
    "forte fosso foto fralda franja frasco freio frente fresco frete frevo frio frito fronha "
    "frota fruta fuga funil furo futuro gado gaiola gaita gala galera galho galinha galocha "
    "galope gamela ganso garagem garfo garimpo garoa garra garrafa garupa gaveta gavinha gaze "
    "gelado geleia gelo gema genro gente gesso gesto gibi gigante gilete gincana girafa giro "
    "glicose globo goiaba gola gole golfe golpe goma gorila gorro gota grade grama grampo "
    "granada grande granito grato grau graveto graxa grelha greve grilo gruta guache guarda "
    "guelra guia guincho guisado gume guri haste hera hidra hiena hino hoje honra hora horta "
    "hotel humano humor iate ideia idioma iglu igreja iguana ilha imagem imbuia imenso inca "
    "incenso inhame inseto inteiro inverno iodo isca isopor istmo jaca jade jaguar jambo "
    "janela janta jarda jardim jarra jasmim jato jaula javali jazida jeito jejum jerico "
    "jiboia jipe joelho jogo joia jornada jornal jovem juba judoca juiz julho junco junho "
    "junta jurado juro juta laca lacre ladeira lado lagarta lagoa lagosta lama lamento "
    "lampejo lancha lanche lapela laranja lareira largo larva lasanha lasca lata lavoura "
    "lazer leal lebre legenda legume leitura lema leme lenda lenha leque lesma letra leveza "
    "lhama libra licor lida lima limite limpo lince linda linha linho lira liso lista litro "
    "livro lixa lobo lodo logo loja lombo lona longe lontra losango lote louro lousa louva "
    "lua lucro lugar luneta lupa lustre luta luva luxo luz macaco maceta machado macio "
    "madeira maduro mago magro mala malha malote malva mamute manada mancha manga manha "
    "manjar manobra manso manto mapa maquete maraca marca marcha marfim margem marido marimba "
    "marmita marola marreco martelo massa mastro mata mate mato maxixe mecha medalha meia mel "
    "melado melodia memento menino menta mercado mesa mescla mestre metade metal metro "
    "milagre milho mimo mina mingau minuto mirante misto mobile moda moderno moeda moela "
    "moinho molde mole moleza molho momento monge monte morada morango morcego moreno morno "
    "morro mosaico mosca motivo moto motor moura muda mudo muito mundo muralha muro museu "
    "musgo nabo nado nata natal natural nave navio neblina negrito nervo neto neve ninho "
    "nobre noite noiva nome nora norma norte nota novelo noventa novilho novo noz nulo "
    "numeral nuvem obra oca oceano ocre oeste oferta oficina oitava oito olaria olho oliva "
    "ombro onda ordem orelha orgulho orla ornato orvalho osso ostra ouro outono outro ouvido "
    "oveiro ovelha pacato pacote padaria padre pagode painel paio paladar palavra palco "
    "paleta palha palito palma paloma pampa panda panela pano papel papiro parada pardal "
    "parede parque parte parto passado passeio pasta pastel pato pausa pavio pecado pedra "
    "pegada peito peixe pelo peludo pena peneira pente pepino pequeno pera perfil perfume "
    "perna perto pesca peso peteca petisco piada piano picada picanha pico pilha piloto "
    "pimenta pincel pingo pinha pinho pintura pipa pipoca piquete pirata pires pista pitanga "
    "piteira placa planeta plano planta plateia pluma poeira poema poeta polegar poleiro "
    "polenta polir polpa polvo pomada pomar pomba ponta ponte ponto popa porta porto posto "
    "pote potro pousada povo praia prancha prata prato prazer prece preto primo prisma proa "
    "projeto prosa prova pudim pulga pulo pulso puma punho pupila pureza quadro quarta "
    "quartel quarto quartzo quase quatro queda queijo queixo quente quepe quiabo quilate "
    "quilha quilo quina quintal quinze rabisco radar raia rainha raio raiz ralo rama ramo "
    "rampa rancho raposa raro rasgo raso rastro rebanho rebento recado receita recheio recibo "
    "recife recreio rede redondo regato regente regra relevo relva remada remo renda repolho "
    "reserva resina resto retalho retrato revista revoada rica rifa rigor rima rinha rio ripa "
    "riqueza riscado riso ritmo robalo robusto roca rocha roda rodeio rolha rolo romance "
    "ronco ronda rosa rosca roseira rosto rota roteiro roupa roxo rua rubi rubor rugido rumo "
    "rural sabor sacada sacola sagu saia sala salada salame saldo saleiro salgado salsa salto "
    "salva samba sanfona sapato sapo sarau sarda saudade sauna seara seca secreto seda sede "
    "segredo segundo seiva seixo selo selva semana semente senado senhor sereia sereno "
    "seresta serra sete setor sigla signo sinal sineta sino sirene siri sisal sobra sobrado "
    "sogra solar soldado solo sombra soneto sonho sono sopa sopro sorte sorvete subida suco "
    "sucuri sul sulco sunga surdo suspiro taba tabaco tabela taberna tablado tacho taipa tala "
    "talento talha talher tamanco tambor tampa tanga tanque tapa tapete tapioca tarde tarefa "
    "tatu taverna teatro tecido tecla teia tela telha tema temor tempero tempo tenda tenor "
    "tenro terno terra tesoura testa teto texto tigela tigre tijolo timbre tinta tiro titia "
    "toada toalha toca tocha toldo tomada tomate tombo tonel topo torno torre torta touca "
    "touro trajeto trama trapo trator trave trecho treino tremor trena trevo tribo trigo "
    "trilha trinca trio tripa triunfo troca trompa tronco tropa trova truque truta tubo "
    "tucano tulipa tumulto turismo turma turvo tutor uivo urso urubu usina uva vaca vagem "
    "vale valente valeta valor valsa vapor vara varal varanda vareta varinha vaso vela "
    "veleiro velho veludo vento verbo verde vereda verme verniz verso vespa vestido viaduto "
    "viagem viela vigia vime vinagre vinheta vinho viola violeta viseira vista vitral vitrine "
    "vivo vizinho voador volante volta voto vulto xadrez xale xarope xerife xote zabumba "
    "zangado zebra zelo zero zinco zona zorra zumbido ";

std::vector<std::string_view> split() {
  std::vector<std::string_view> list;
  for (std::string_view rest = k_text; !rest.empty();) {
    const std::size_t end = rest.find(' ');
    list.push_back(rest.substr(0, end));
    rest.remove_prefix(end + 1);
  }
  return list;
}

/// A number below `limit`, each as likely as any other.
std::size_t below(random_source& random, std::size_t limit) {
  constexpr std::size_t k_range = std::size_t{1} << 16;
  const std::size_t fair = k_range - k_range % limit;
  for (;;) {
    const bytes two = random.bytes(2);
    const std::size_t drawn =
        static_cast<unsigned char>(two[0]) * std::size_t{256} + static_cast<unsigned char>(two[1]);
    if (drawn < fair) return drawn % limit;
  }
}

}  // namespace

std::span<const std::string_view> words() {
  static const std::vector<std::string_view> list = split();
  return list;
}

std::string random_words(random_source& random, std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) out += ' ';
    out += words()[below(random, words().size())];
  }
  return out;
}

}  // namespace autocusto::passphrase
