#include "shared/passphrase/spelled.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "shared/base/bytes.hpp"
#include "shared/passphrase/words.hpp"

namespace autocusto::passphrase {
namespace {

/// In the order of zxcvbn's ranks.
constexpr std::string_view k_common =
    "senha brasil flamengo corinthians palmeiras santos vasco gremio cruzeiro saopaulo "
    "botafogo inter bahia medico medica doutor doutora autocusto hospital clinica paciente "
    "saude amor jesus deus familia mudar teste admin usuario secreta segredo minha meu uma "
    "com para por que nao sim ana maria jose joao antonio francisco carlos paulo pedro lucas "
    "luiz marcos luis gabriel rafael daniel marcelo bruno eduardo felipe rodrigo mateus "
    "matheus andre fernando fabio leonardo gustavo guilherme leandro tiago thiago ricardo "
    "roberto miguel arthur davi adriana juliana marcia fernanda patricia aline sandra camila "
    "amanda bruna jessica leticia julia luciana vanessa mariana gabriela vera beatriz "
    "larissa claudia helena alice laura silva souza sousa costa pereira oliveira rodrigues "
    "almeida nascimento lima araujo fernandes carvalho gomes martins rocha ribeiro alves "
    "monteiro mendes barros freitas barbosa pinto moura cavalcanti dias castro campos "
    "cardoso rio curitiba salvador recife fortaleza brasilia manaus belem goiania campinas "
    "natal maceio janeiro fevereiro marco abril maio junho julho agosto setembro outubro "
    "novembro dezembro segunda terca quarta quinta sexta sabado domingo princesa estrela "
    "felicidade vida futebol trabalho casa gato cachorro computador amigo mundo abacaxi "
    "chocolate bom boa novo nova velho hoje sempre nunca tudo nada demonstracao experimentar "
    "gosto quero tenho aqui agora ";

/// Proverbs, rhymes, prayers, hymns, and the examples of texts about passphrases; without blanks.
constexpr std::string_view k_phrases =
    "correcthorsebatterystaple cavalocorretobateriagrampo "
    "cavalobateriagrampocorreto troubador troubadour thequickbrownfox jumpsoverthelazydog "
    "jumpedoverthelazydog tobeornottobe thatisthequestion maytheforcebewithyou iloveyou "
    "letmein loremipsumdolorsitamet oratoroeuaroupa doreideroma trespratosdetrigo "
    "umpratodetrigo paratrestigrestristes trestigrestristes aguamoleempedradura "
    "tantobateatequefura batatinhaquandonasce seesparramapelochao espalharamapelochao "
    "atireiopaunogato masogatonaomorreu quemnaoarriscanaopetisca maisvaleumpassaronamao "
    "doquedoisvoando deusefiel osenhoreomeupastor osenhoremeupastor enadamefaltara "
    "nadamefaltara painossoqueestaisnoceu painossoqueestasnoceu santificadosejaovossonome "
    "avemariacheiadegraca osenhoreconvosco ouviramdoipiranga asmargensplacidas "
    "deumpovoheroico obradoretumbante minhaterratempalmeiras ondecantaosabia ordemeprogresso "
    "independenciaoumorte serounaoser eisaquestao casadeferreiroespetodepau "
    "filhodepeixepeixinhoe quemtembocavaiaroma devagarsevailonge quemcantaseusmalesespanta "
    "cavalodadonaoseolhaosdentes depoisdatempestadevemabonanca noseiodamaegentil patriaamada "
    "tinhaumapedranomeiodocaminho nomeiodocaminho tudovaleapena seaalmanaoepequena "
    "navegarepreciso vivernaoepreciso parabenspravoce nestadataquerida cirandacirandinha "
    "vamostodoscirandar seessaruafosseminha escravosdejo jogavamcaxanga quemcasaquercasa "
    "umaandorinhanaofazverao gatoescaldadotemaguafria emterradecegoquemtemumolhoerei "
    "asaparenciasenganam apressaeinimigadaperfeicao ";

/// Bits of any word of one letter, two letters and so on: about as many as a large dictionary has.
constexpr std::array<double, 14> k_word_bits = {3,  5,  8,  11, 13, 14, 16,
                                                16, 16, 16, 16, 17, 17, 17};
constexpr double k_phrase_bits = 10;  ///< somebody tries a thousand of them
constexpr double k_letter_bits = 4.7;
constexpr double k_digit_bits = 3.33;
constexpr double k_sign_bits = 5;
constexpr double k_instead_bits = 1;  ///< for a digit or sign in the place of a letter
constexpr std::size_t k_longest_word = 12;
constexpr std::size_t k_most_consonants = 4;

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> list;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    if (end > at) list.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return list;
}

const std::vector<std::string_view>& sorted_common() {
  static const auto list = [] {
    std::vector<std::string_view> all(common_words().begin(), common_words().end());
    std::sort(all.begin(), all.end());
    return all;
  }();
  return list;
}

const std::vector<std::string_view>& phrases() {
  static const auto list = split(k_phrases);
  return list;
}

bool is_offered(std::string_view word) {
  return std::binary_search(words().begin(), words().end(), word);
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_capital(char c) {
  return c >= 'A' && c <= 'Z';
}

char small(char c) {
  return is_capital(c) ? static_cast<char>(c - 'A' + 'a') : c;
}

/// The letter that a digit or sign stands for.
char meant(char c) {
  constexpr std::string_view k_signs = "0134578$@!";
  constexpr std::string_view k_letters = "oieastbsai";
  const auto at = k_signs.find(c);
  return at == std::string_view::npos ? small(c) : k_letters[at];
}

double bits_of_sign(char c) {
  if (is_letter(c)) return k_letter_bits + (is_capital(c) ? 1 : 0);
  return c >= '0' && c <= '9' ? k_digit_bits : k_sign_bits;
}

/// Whether somebody may take the letters for a word: of some vowels and not many consonants in a
/// row, in one case but for the first letter.
bool can_be_spoken(std::string_view run) {
  constexpr std::string_view k_vowels = "aeiouy";
  std::size_t consonants = 0;
  bool vowel = false;
  for (const char c : run) {
    const bool one = k_vowels.find(small(c)) != std::string_view::npos;
    vowel |= one;
    consonants = one ? 0 : consonants + 1;
    if (consonants > k_most_consonants) return false;
  }
  const auto capitals = static_cast<std::size_t>(std::count_if(run.begin(), run.end(), is_capital));
  return vowel &&
         (capitals == 0 || capitals == run.size() || (capitals == 1 && is_capital(run.front())));
}

/// The text without what parts words, and where a run of letters begins and ends.
struct bare_text {
  std::string raw, read;           ///< as typed, and as it is meant
  std::vector<bool> begins{true};  ///< at each place: something else than a letter stands before it

  explicit bare_text(std::string_view text) {
    constexpr std::string_view k_between = " -._,";
    raw.reserve(text.size());
    read.reserve(text.size());
    bool before = false;
    for (const char c : text) {
      const bool letter = is_letter(c);
      if (!letter || !before) begins.back() = true;
      before = letter;
      if (k_between.find(c) != std::string_view::npos) continue;
      raw.push_back(c);
      read.push_back(meant(c));
      begins.push_back(false);
    }
    begins.back() = true;
  }
  ~bare_text() {
    wipe(raw);
    wipe(read);
  }
  bare_text(const bare_text&) = delete;
  bare_text& operator=(const bare_text&) = delete;

  [[nodiscard]] double instead(std::size_t at, std::size_t size) const {
    double bits = 0;
    for (std::size_t i = at; i < at + size; ++i) {
      if (small(raw[i]) != read[i]) bits += k_instead_bits;
    }
    return bits;
  }
};

/// The cheapest way to each place of the text.
class reading {
 public:
  explicit reading(const bare_text& text) : text_(&text), best_(text.raw.size() + 1) {
    for (std::size_t i = 1; i < best_.size(); ++i) best_[i].bits = HUGE_VAL;
  }

  spelling run() {
    for (std::size_t at = 0; at < text_->raw.size(); ++at) {
      offer(at, 1, bits_of_sign(text_->raw[at]), false);
      known_words(at);
      known_phrases(at);
      if (text_->begins[at]) any_word(at);
    }
    return best_.back();
  }

 private:
  void offer(std::size_t at, std::size_t size, double bits, bool phrase) {
    const double whole = best_[at].bits + bits;
    auto& to = best_[at + size];
    if (whole < to.bits) to = {whole, phrase || best_[at].phrase};
  }
  void known_words(std::size_t at) {
    static const double k_offered = std::log2(static_cast<double>(words().size()));
    static const double k_first = std::log2(static_cast<double>(common_words().size()));
    for (std::size_t size = 3; size <= k_longest_word && at + size <= text_->read.size(); ++size) {
      const auto word = std::string_view(text_->read).substr(at, size);
      if (is_offered(word)) {
        offer(at, size, k_offered + text_->instead(at, size), false);
      } else if (std::binary_search(sorted_common().begin(), sorted_common().end(), word)) {
        offer(at, size, k_first + text_->instead(at, size), false);
      }
    }
  }
  void known_phrases(std::size_t at) {
    for (const auto phrase : phrases()) {
      if (std::string_view(text_->read).substr(at).starts_with(phrase)) {
        offer(at, phrase.size(), k_phrase_bits + text_->instead(at, phrase.size()), true);
      }
    }
  }
  /// The run of letters that begins here, if it may be a word.
  void any_word(std::size_t at) {
    std::size_t end = at;
    while (end < text_->raw.size() && is_letter(text_->raw[end]) &&
           (end == at || !text_->begins[end])) {
      ++end;
    }
    const auto size = end - at;
    const auto run = std::string_view(text_->raw).substr(at, size);
    if (size == 0 || size > k_word_bits.size() || !can_be_spoken(run)) return;
    if (is_offered(std::string_view(text_->read).substr(at, size))) return;  // known_words did
    offer(at, size, k_word_bits[size - 1], false);
  }

  const bare_text* text_;
  std::vector<spelling> best_;
};

}  // namespace

spelling spelled(std::string_view text) {
  const bare_text bare(text);
  return reading(bare).run();
}

std::span<const std::string_view> common_words() {
  static const auto list = split(k_common);
  return list;
}

}  // namespace autocusto::passphrase
