// The doctor's page in a real Chromium, with the real programs: a server, and two laptops of one doctor.
// The tests follow each other like a week of work.
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { edit, enroll, fill, home, lookAt, menu, open, openRecord, register, said, search, statusShows, unlock } from './pages.mjs';
import { test } from './steps.mjs';
import { eventually, PASSPHRASE, World } from './world.mjs';

const CPF = '11144477735';
const OTHER_CPF = '52998224725';
const NASTY = `João <img src=x onerror="window.hacked=1"> & "Silva" '); DROP`;
const PATIENT = { nome_paciente: 'João da Silva', nome_mae: 'Maria da Silva', end_paciente: 'Rua das Flores, 10' };

let world;
let office;
let house;
let officeContext;
let houseContext;
let a; // the page on the laptop in the office
let b; // the page at home

before(async () => {
  world = await World.create();
});
after(async () => {
  await world?.close();
});

test('a new laptop is enrolled from a pasted link', async () => {
  const link = world.addDoctor('ana@clinica.test');
  office = world.laptop('office');
  await office.startUi();
  officeContext = await world.context();
  a = await open(office, officeContext);
  await a.getByRole('heading', { name: 'Cadastrar este computador' }).waitFor();
  assert.equal(new URL(a.url()).hash, '', 'the start token left the address');
  await lookAt(a, 'enroll');
  await a.getByLabel('Link de cadastro').fill(link);
  await a.getByLabel('Escolha uma senha').fill('curta');
  await a.getByLabel('Repita a senha').fill('curta');
  await a.getByRole('button', { name: 'Cadastrar' }).click();
  await a.getByText('A senha precisa de pelo menos 8 caracteres.').waitFor();
  await a.getByLabel('Link de cadastro').fill(`${link}x`);
  await a.getByLabel('Escolha uma senha').fill(PASSPHRASE);
  await a.getByLabel('Repita a senha').fill(PASSPHRASE);
  await a.getByRole('button', { name: 'Cadastrar' }).click();
  await a.locator('p.wrong').waitFor();
  await enroll(a, link, 'Notebook do consultório');
  await statusShows(a, 'conectado');
});

test('a patient is registered with checks beside the fields', async () => {
  await a.getByRole('button', { name: 'Novo paciente' }).click();
  await a.getByLabel('CPF').fill('11144477736');
  await a.getByRole('button', { name: 'Salvar', exact: true }).click();
  await a.getByText('os dois últimos conferem').first().waitFor();
  await a.getByLabel('CPF').fill(CPF);
  assert.equal(await a.getByLabel('CPF').inputValue(), '111.444.777-35');
  await fill(a, { ...PATIENT, peso: '900', telefone1_paciente: '11912345678', cep_paciente: '01310100' });
  await a.getByRole('button', { name: 'Salvar', exact: true }).click();
  await a.getByText('De 0,5 a 500 kg').waitFor();
  await eventually('the focus is on the wrong field', () => a.evaluate(() => document.activeElement?.getAttribute('name') === 'peso'));
  await lookAt(a, 'new-patient');
  await a.locator('[name=peso]').fill('71,5');
  await a.getByRole('button', { name: 'Salvar', exact: true }).click();
  await said(a, /Salvo como versão 1/);
  await a.getByRole('heading', { name: 'João da Silva' }).waitFor();
  const kept = office.run(['patient', 'show', CPF]);
  assert.equal(kept.fields.telefone1_paciente, '(11) 91234-5678');
  assert.equal(kept.fields.cep_paciente, '01310-100');
  await statusShows(a, 'tudo enviado');
});

test('a record that is there already is offered instead of a second one', async () => {
  await menu(a, 'Início');
  await a.getByRole('button', { name: 'Novo paciente' }).click();
  await a.getByLabel('CPF').fill(CPF);
  await fill(a, PATIENT);
  await a.getByRole('button', { name: 'Salvar', exact: true }).click();
  await a.getByText('Já existe um cadastro com este número.').waitFor();
  await a.getByRole('button', { name: 'Abrir o cadastro' }).click();
  await a.getByRole('button', { name: 'Sair sem salvar' }).click();
  await a.getByRole('heading', { name: 'João da Silva' }).waitFor();
});

test('nasty text is plain text everywhere', async () => {
  await register(a, OTHER_CPF, { ...PATIENT, nome_paciente: NASTY, cidade_paciente: '<script>window.hacked=1</script>' });
  await a.getByRole('heading', { name: NASTY }).waitFor();
  await edit(a, { nome_mae: '"><svg onload=window.hacked=1>' }, '<b>resumo</b>');
  await a.getByRole('button', { name: 'Histórico' }).click();
  await a.getByText('<b>resumo</b>', { exact: true }).waitFor();
  const found = await search(a, '<img src=x');
  assert.equal(await found.count(), 1);
  assert.equal(await a.evaluate(() => window.hacked), undefined);
  assert.equal(await a.locator('main img, main script').count(), 0);
});

test('a clinic is registered with its own checks', async () => {
  await menu(a, 'Início');
  await a.getByRole('button', { name: 'Nova clínica' }).click();
  await a.getByLabel('CNES').fill('12345');
  await fill(a, { nome_clinica: 'Clínica São José', logradouro: 'Rua Um', logradouro_num: '1', bairro: 'Centro', cidade: 'Santos', cep: '1', telefone_clinica: '1332145678' });
  await a.getByRole('button', { name: 'Salvar', exact: true }).click();
  await a.getByText('O CNES tem exatamente 7 dígitos.').first().waitFor();
  await a.getByLabel('CNES').fill('1234567');
  await a.getByRole('button', { name: 'Salvar', exact: true }).click();
  await a.getByText('O CEP tem 8 dígitos').waitFor();
  await a.locator('[name=cep]').fill('11010000');
  await a.getByRole('button', { name: 'Salvar', exact: true }).click();
  await said(a, /Salvo como versão 1/);
  assert.equal(office.run(['clinic', 'show', '1234567']).fields.telefone_clinica, '(13) 3214-5678');
  assert.match(await (await search(a, 'sao jose')).first().innerText(), /Clínica São José/);
});

test('names are found without accents and keys in any punctuation, by keyboard too', async () => {
  assert.match(await (await search(a, 'joao da silva')).first().innerText(), /João da Silva/);
  assert.match(await (await search(a, '529.982')).first().innerText(), /529\.982\.247-25/);
  await search(a, 'silva');
  await lookAt(a, 'home-results');
  await a.getByRole('searchbox').focus();
  await a.keyboard.press('ArrowDown');
  await a.keyboard.press('Enter');
  await a.getByRole('button', { name: 'Histórico' }).waitFor();
  await menu(a, 'Início');
  await a.getByRole('searchbox').fill('ninguém com este nome');
  await a.getByText('Nada encontrado.').waitFor();
});

test('a second laptop shows what the first one saved, live', async () => {
  house = world.laptop('house');
  house.run(['enroll', world.newLink('ana@clinica.test'), '--device-name', 'Computador de casa']);
  await house.startUi();
  houseContext = await world.context();
  b = await open(house, houseContext);
  await b.getByRole('heading', { name: 'AutoCusto está bloqueado' }).waitFor();
  await lookAt(b, 'locked');
  await b.getByRole('button', { name: 'Esqueci a senha' }).click();
  await b.getByText('A senha não pode ser recuperada').waitFor();
  await lookAt(b, 'locked-forgotten');
  await unlock(b);
  await home(b);
  await statusShows(b, 'conectado');
  await openRecord(b, 'João da Silva');
  await openRecord(a, 'João da Silva');
  await edit(a, { peso: '72' }, 'Pesado hoje');
  await eventually('the form at home shows it', async () => (await b.locator('[name=peso]').inputValue()) === '72');
});

test('unsaved edits are not lost by leaving', async () => {
  await a.locator('[name=rg]').fill('12.345');
  await menu(a, 'Ajuda');
  await a.getByRole('dialog').waitFor();
  await lookAt(a, 'dialog');
  await a.getByRole('button', { name: 'Continuar editando' }).click();
  assert.equal(await a.locator('[name=rg]').inputValue(), '12.345');
  await a.goBack();
  await a.getByRole('button', { name: 'Sair sem salvar' }).click();
  await a.getByRole('button', { name: 'Sair sem salvar' }).waitFor({ state: 'detached' });
});

test('an edit that came meanwhile, of other fields, is joined with the own one', async () => {
  await openRecord(a, 'João da Silva');
  await a.locator('[name=rg]').fill('98.765');
  office.run(['patient', 'save', CPF, '--set', 'idade=51', '--set', 'sexo=M', '--summary', 'por outro programa']);
  await a.getByText('Chegou uma versão mais nova').waitFor();
  await a.getByRole('button', { name: 'Salvar', exact: true }).click();
  await a.getByRole('heading', { name: 'O cadastro mudou enquanto você editava' }).waitFor();
  await a.getByText('Outra edição chegou e foi juntada à sua.').waitFor();
  assert.equal(await a.locator('[name=sexo]').inputValue(), 'M');
  await a.getByRole('button', { name: 'Salvar', exact: true }).click();
  await said(a, /Salvo como versão/);
  const kept = office.run(['patient', 'show', CPF]).fields;
  assert.deepEqual([kept.rg, kept.idade, kept.sexo], ['98.765', '51', 'M']);
});

test('drafts wait until they are published', async () => {
  await openRecord(a, 'João da Silva');
  await a.locator('[name=nome_paciente]').fill('João da Silva Júnior');
  await a.locator('[name=end_paciente]').fill('');
  await a.getByRole('button', { name: 'Salvar como rascunho' }).click();
  await said(a, /Rascunho salvo/);
  assert.equal(office.run(['patient', 'show', CPF]).fields.nome_paciente, 'João da Silva');
  await a.getByRole('button', { name: 'Publicar' }).click();
  await a.getByText('Preencha este campo.').waitFor();
  await lookAt(a, 'record-draft');
  await a.locator('[name=end_paciente]').fill('Rua Nova, 2');
  await a.getByRole('button', { name: 'Publicar' }).click();
  await said(a, /Publicado como versão/);
  assert.equal(office.run(['patient', 'show', CPF]).fields.nome_paciente, 'João da Silva Júnior');
  await a.locator('[name=rg]').fill('1');
  await a.getByRole('button', { name: 'Salvar como rascunho' }).click();
  await said(a, /Rascunho salvo/);
  await a.getByRole('button', { name: 'Descartar rascunho' }).click();
  await a.getByRole('dialog').getByRole('button', { name: 'Descartar rascunho' }).click();
  await said(a, /Rascunho descartado/);
  assert.equal(office.run(['patient', 'show', CPF]).fields.rg, '98.765');
});

test('history compares any two versions and goes back to one', async () => {
  await openRecord(a, 'João da Silva');
  await a.getByRole('button', { name: 'Histórico' }).click();
  await a.getByText('por outro programa').waitFor();
  const marks = a.getByRole('checkbox', { name: /Marcar a versão/ });
  await marks.last().check();
  await marks.nth(2).check();
  await a.getByRole('button', { name: 'Comparar as duas marcadas' }).click();
  await a.getByRole('heading', { name: 'Comparação' }).waitFor();
  await a.getByLabel('Mostrar só as diferenças').check();
  assert.ok((await a.locator('.comparison tr.differs mark').count()) >= 2);
  await lookAt(a, 'history');
  await a.getByRole('button', { name: 'Voltar a esta versão' }).last().click();
  await a.getByRole('button', { name: 'Voltar a ela' }).click();
  await said(a, /Revertido/);
  const now = office.run(['patient', 'show', CPF]);
  assert.deepEqual([now.fields.nome_paciente, now.fields.peso], ['João da Silva', '71,5']);
});

test('work goes on offline, and the page tells what waits and why', async () => {
  await statusShows(a, 'tudo enviado');
  await eventually('both laptops have the same', () => {
    const [x, y] = [office, house].map((l) => l.run(['patient', 'show', CPF]).version_id);
    return x === y;
  });
  await world.stopServer();
  await statusShows(a, 'sem conexão');
  await statusShows(b, 'sem conexão');
  await openRecord(a, 'João da Silva');
  await edit(a, { peso: '80', cidade_paciente: 'Santos' }, 'Na consulta');
  await openRecord(b, 'João da Silva');
  await edit(b, { peso: '82', rg: '55' }, 'Por telefone');
  await statusShows(b, '1 alteração a enviar');
  await menu(b, 'Sincronização');
  await b.getByText('espera a conexão com o servidor').waitFor();
  await b.getByText('Tudo o que você salva fica guardado aqui').waitFor();
  await lookAt(b, 'sync-offline');
});

test('a laptop starts offline as well', async () => {
  await office.stopUi();
  await a.getByRole('heading', { name: 'O AutoCusto foi encerrado' }).waitFor({ timeout: 400000 });
  await lookAt(a, 'gone');
  await office.startUi();
  await a.goto(office.url);
  await unlock(a);
  await home(a);
  await statusShows(a, 'sem conexão');
  await a.getByRole('heading', { name: 'Usados há pouco' }).waitFor();
  await a.locator('a.item', { hasText: 'João da Silva' }).first().waitFor();
  await lookAt(a, 'home');
});

test('a conflict of two laptops is resolved on the page, group by group', async () => {
  await world.startServer();
  await menu(b, 'Sincronização');
  await b.getByRole('button', { name: 'Sincronizar agora' }).click();
  await statusShows(b, 'tudo enviado');
  await statusShows(b, 'conectado');
  await menu(a, 'Sincronização');
  await a.getByRole('button', { name: 'Sincronizar agora' }).click();
  await statusShows(a, '1 conflito');
  await openRecord(a, 'João da Silva');
  await a.getByText('Este cadastro tem versões lado a lado.').waitFor();
  await lookAt(a, 'record-conflict');
  await a.getByRole('link', { name: 'Resolver conflito' }).click();
  const choices = a.getByRole('group', { name: /Peso/ });
  await choices.waitFor();
  assert.ok(await a.getByRole('button', { name: 'Pré-visualizar' }).isDisabled());
  await lookAt(a, 'conflict');
  await choices.getByLabel('Digitar outro valor').check();
  await choices.locator('[name=peso]').fill('900');
  await a.getByRole('button', { name: 'Pré-visualizar' }).click();
  await a.getByRole('button', { name: 'Salvar a resolução' }).click();
  await a.locator('.notice.bad', { hasText: '500' }).waitFor();
  await choices.locator('[name=peso]').fill('81');
  await a.getByRole('button', { name: 'Pré-visualizar' }).click();
  await a.getByRole('heading', { name: 'Assim vai ficar' }).waitFor();
  await lookAt(a, 'conflict-preview');
  assert.equal(await a.evaluate(() => document.activeElement?.textContent), 'Assim vai ficar');
  assert.equal(await a.getByRole('button', { name: /Usar tudo/ }).count(), 0, 'what is saved is what was looked at');
  assert.equal(office.run(['conflicts']).count, 1, 'nothing is saved by the preview');
  await a.getByRole('button', { name: 'Salvar a resolução' }).click();
  await said(a, /Conflito resolvido/);
  await a.getByText('Nenhum conflito.').waitFor();
  await lookAt(a, 'conflicts-none');
  const kept = office.run(['patient', 'show', CPF]).fields;
  assert.deepEqual([kept.peso, kept.cidade_paciente, kept.rg], ['81', 'Santos', '55']);
  await statusShows(a, 'tudo enviado');
  await eventually('the laptop at home has it', () => house.run(['patient', 'show', CPF]).fields.peso === '81');
});

test('an edit that met another one is told, until it was seen', async () => {
  const told = (laptop) => laptop.run(['status']).notices.length;
  const before = new Map([office, house].map((laptop) => [laptop, told(laptop)]));
  await world.stopServer();
  await statusShows(a, 'sem conexão');
  await statusShows(b, 'sem conexão');
  house.run(['patient', 'save', CPF, '--set', 'rg=77']);
  await openRecord(a, 'João da Silva');
  await edit(a, { cidade_paciente: 'Campinas' });
  await world.startServer();
  for (const page of [b, a]) {
    await menu(page, 'Sincronização');
    await page.getByRole('button', { name: 'Sincronizar agora' }).click();
    await statusShows(page, 'conectado');
  }
  // Whoever came second.
  const second = await eventually('one of the two is told', () => [[office, a], [house, b]].find(([laptop]) => told(laptop) > before.get(laptop)));
  const page = second[1];
  await statusShows(page, / avisos?/);
  await page.getByRole('heading', { name: 'Avisos' }).waitFor();
  await lookAt(page, 'sync-notices');
  await page.getByRole('button', { name: 'Já vi' }).click();
  await page.getByRole('heading', { name: 'Avisos' }).waitFor({ state: 'detached' });
  await page.locator('.status', { hasText: 'aviso' }).waitFor({ state: 'detached' });
  await eventually('both edits count', () => {
    const { fields } = office.run(['patient', 'show', CPF]);
    return fields.rg === '77' && fields.cidade_paciente === 'Campinas';
  });
});

test('the page does the same in English', async () => {
  await menu(a, 'Ajustes');
  await a.getByLabel('English').check();
  await a.getByRole('heading', { name: 'Settings' }).waitFor();
  assert.equal(await a.evaluate(() => document.documentElement.lang), 'en');
  await a.getByRole('link', { name: 'Sync', exact: true }).click();
  await a.getByText('Nothing waits: the server has everything.').waitFor();
  await a.getByRole('link', { name: 'Settings', exact: true }).click();
  await a.getByLabel('Português').check();
  await a.getByRole('heading', { name: 'Ajustes' }).waitFor();
});

test('every remaining screen passes a close look', async () => {
  await menu(a, 'Ajustes');
  await a.getByText('Notebook do consultório').waitFor();
  await lookAt(a, 'settings');
  await menu(a, 'Ajuda');
  await lookAt(a, 'help');
  await menu(a, 'Sincronização');
  await a.getByText('Nada espera').waitFor();
  await lookAt(a, 'sync');
  await menu(a, 'Início');
  await a.getByRole('button', { name: 'Nova clínica' }).click();
  await lookAt(a, 'new-clinic');
  await openRecord(a, 'João da Silva');
  await lookAt(a, 'record');
  // 200 % zoom of a 1280 px window shows 640 px of page.
  await a.setViewportSize({ width: 640, height: 450 });
  assert.ok(await a.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth));
  await a.setViewportSize({ width: 1280, height: 900 });
});

test('everything can be reached by the keyboard, with a focus that shows', async () => {
  await menu(a, 'Início');
  await a.evaluate(() => document.body.focus());
  const reached = new Set();
  for (let i = 0; i < 40; i += 1) {
    await a.keyboard.press('Tab');
    reached.add(
      await a.evaluate(() => {
        const at = document.activeElement;
        const outline = getComputedStyle(at).outlineStyle;
        return `${at?.textContent?.trim().slice(0, 30) || at?.id}${outline === 'none' ? ' (no outline)' : ''}`;
      }),
    );
  }
  for (const name of ['Início', 'Conflitos', 'Sincronização', 'Ajustes', 'Ajuda', 'Bloquear', 'Novo paciente', 'Nova clínica', 'search']) {
    assert.ok(reached.has(name), `${name} among ${[...reached].join(', ')}`);
  }
});
