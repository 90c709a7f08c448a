type Text = readonly [pt: string, en: string];
const texts = <T extends Record<string, Text>>(all: T): T => all;

export const help = texts({
  help_intro: ['Tudo aqui funciona também sem internet.', 'Everything here works without the internet, too.'],
  help_find_t: ['Encontrar e cadastrar', 'Finding and registering'],
  help_find: [
    'Na tela Início, digite parte do nome ou do CPF (ou CNES, para clínicas). Acentos e pontos não importam. Se não existir, use “Novo paciente” ou “Nova clínica”.',
    'On Home, type part of the name or of the CPF (or CNES, for clinics). Accents and dots do not matter. If there is none, use “New patient” or “New clinic”.',
  ],
  help_save_t: ['Salvar, rascunho, publicar', 'Save, draft, publish'],
  help_save: [
    '“Salvar” faz uma versão nova, que passa a valer. “Salvar como rascunho” guarda o que ainda está incompleto: só você vê, e só vale depois de “Publicar”. Nada é apagado: o Histórico guarda todas as versões, e você pode voltar a qualquer uma.',
    '“Save” makes a new version, which counts from then on. “Save as draft” keeps what is incomplete: only you see it, and it counts only after “Publish”. Nothing is erased: the History keeps all versions, and you can go back to any.',
  ],
  help_offline_t: ['Sem conexão', 'Offline'],
  help_offline: [
    'Continue trabalhando. A linha no alto diz o que espera para ser enviado; quando a conexão voltar, tudo segue sozinho. Em Sincronização você vê o que espera, desde quando e por quê.',
    'Go on working. The line at the top tells what waits to be sent; once the connection is back, everything goes by itself. Sync shows what waits, since when and why.',
  ],
  help_conflict_t: ['Conflitos', 'Conflicts'],
  help_conflict: [
    'Se você editou o mesmo cadastro em dois computadores sem conexão, ficam duas versões lado a lado. O cadastro continua utilizável. Em Conflitos, escolha campo a campo o que vale, confira a pré-visualização e salve.',
    'If you edited one record on two laptops while offline, two versions stand side by side. The record stays usable. On Conflicts, choose what counts, look at the preview, and save.',
  ],
  help_refused_t: ['Recusadas', 'Refused'],
  help_refused: [
    'Se o servidor recusa uma edição, ela não se perde: fica em Sincronização com o motivo. Corrija o cadastro, aplique de novo, ou descarte.',
    'If the server refuses an edit, it is not lost: it stays on Sync with the reason. Correct the record, apply the edit again, or discard it.',
  ],
  help_lock_t: ['Senha e bloqueio', 'Passphrase and lock'],
  help_lock: [
    'Os dados neste computador estão cifrados com a sua senha. A página se bloqueia sozinha quando ninguém a usa; “Bloquear” faz isso na hora. Enquanto está bloqueada, nada é enviado nem recebido. Ninguém pode recuperar a senha.',
    'The data on this laptop are encrypted with your passphrase. The page locks by itself when nobody uses it; “Lock” does so at once. While it is locked, nothing is sent or received. Nobody can recover the passphrase.',
  ],
  help_stolen_t: ['Computador perdido ou roubado', 'Laptop lost or stolen'],
  help_stolen: [
    'Avise o administrador logo: ele bloqueia aquele computador, que se apaga sozinho no próximo contato. Sem a senha, ninguém lê os dados. O que foi enviado está no servidor.',
    'Tell your administrator at once: he revokes that laptop, which erases itself at its next contact. Without the passphrase nobody reads the data. What was sent is at the server.',
  ],
  help_keys_t: ['Teclado', 'Keyboard'],
  help_keys: [
    'Tab anda pela página, Enter abre, Esc fecha janelas. A busca recebe o foco ao abrir a tela Início, e as setas para cima e para baixo andam pelos resultados.',
    'Tab moves through the page, Enter opens, Esc closes windows. The search has the focus when Home opens, and the arrow keys move through the results.',
  ],
});
