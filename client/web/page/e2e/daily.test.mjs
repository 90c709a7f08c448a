// What a tired doctor does all day on a small laptop: what the page says must stand in the part of the page
// that is in sight, and nothing that was typed may be lost or written over unseen.
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { fill, home, lookAt, menu, open, openRecord, said, search, statusShows, unlock } from './pages.mjs';
import { test } from './steps.mjs';
import { eventually, PASSPHRASE, World } from './world.mjs';

const CPF = '11144477735';
const OTHER_CPF = '52998224725';
const THIRD_CPF = '12345678909';
const PATIENT = { nome_paciente: 'João da Silva', nome_mae: 'Maria da Silva', end_paciente: 'Rua das Flores, 10' };
const SMALL = { width: 1366, height: 650 };

let world;
let office;
let house;
let a; // the page in the office

before(async () => {
  world = await World.create();
  office = world.laptop('office');
  office.run(['enroll', world.addDoctor('ana@clinica.test'), '--device-name', 'Consultório']);
  office.run(['patient', 'save', CPF, ...Object.entries({ ...PATIENT, peso: '71', altura: '170' }).flatMap(([name, value]) => ['--set', `${name}=${value}`])]);
  office.run(['sync']);
  house = world.laptop('house');
  house.run(['enroll', world.newLink('ana@clinica.test'), '--device-name', 'Casa']);
  house.run(['sync']);
  await office.startUi();
  a = await open(office, await world.context({ viewport: SMALL, reducedMotion: 'reduce' }));
  await unlock(a);
  await home(a);
});
after(async () => {
  await world?.close();
});

/// Whether all of it is in the part of the page that is in sight, and nothing covers its middle.
async function inSight(locator) {
  return locator.evaluate((element) => {
    const box = element.getBoundingClientRect();
    if (box.top < 0 || box.bottom > window.innerHeight || box.left < 0 || box.right > window.innerWidth) return false;
    const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
    return top !== null && (element.contains(top) || top.contains(element));
  });
}
async function seen(locator, what) {
  await locator.waitFor();
  await eventually(`${what} is in sight`, () => inSight(locator), 20000);
}
const focused = (page) => page.evaluate(() => document.activeElement?.closest('[data-answer]') !== null);

/// Both sizes of screen that people have here.
async function seenOnBoth(locator, what) {
  await seen(locator, what);
  await a.setViewportSize({ width: 360, height: 740 });
  await seen(locator, `${what}, at 360 px,`);
  await a.setViewportSize(SMALL);
}

test('the number of somebody who is there already is told where the eye is', async () => {
  await a.getByRole('button', { name: 'Novo paciente' }).click();
  await a.getByLabel('CPF').fill(CPF);
  await fill(a, PATIENT);
  await a.locator('[name=cidade_paciente]').focus();
  await a.getByRole('button', { name: 'Salvar', exact: true }).click();
  const told = a.locator('[data-answer]', { hasText: 'Já existe um cadastro com este número.' });
  await seenOnBoth(told, 'the answer');
  await eventually('it has the focus', () => focused(a), 20000);
  await a.getByRole('button', { name: 'Abrir o cadastro' }).click();
  await a.getByRole('button', { name: 'Sair sem salvar' }).click();
  await a.getByRole('heading', { name: 'João da Silva' }).waitFor();
});

test('an edit of elsewhere is shown beside the own one before anything is saved over it', async () => {
  await a.locator('[name=peso]').fill('69');
  await a.locator('[name=rg]').fill('12');
  await a.getByLabel('O que mudou e por quê').fill('Pesado hoje');
  house.run(['patient', 'save', CPF, '--set', 'peso=72', '--set', 'sexo=F']);
  house.run(['sync']);
  await seenOnBoth(a.locator('[data-answer]', { hasText: 'Chegou uma versão mais nova' }), 'the news');
  await a.getByRole('button', { name: 'Salvar', exact: true }).click();
  await a.getByRole('group', { name: /Peso/ }).waitFor();
  const choice = a.getByRole('group', { name: /Peso/ });
  await seenOnBoth(choice, 'the choice');
  assert.match(await choice.innerText(), /72 \(Casa, \d?\d:\d\d\)/);
  assert.match(await choice.innerText(), /seu: 69/);
  assert.equal(await a.getByLabel('O que mudou e por quê').inputValue(), 'Pesado hoje');
  assert.equal(await a.locator('[name=sexo]').inputValue(), 'F', 'what nobody else typed is taken over');
  await lookAt(a, 'record-meanwhile');
  await a.setViewportSize(SMALL);
  await a.getByRole('button', { name: 'Salvar', exact: true }).click();
  await seen(a.locator('[data-answer]', { hasText: 'Escolha' }), 'what is still to be chosen');
  assert.equal(office.run(['patient', 'show', CPF]).fields.peso, '72', 'nothing is saved without an answer');
  await choice.getByLabel(/seu: 69/).check();
  await a.getByRole('button', { name: 'Salvar', exact: true }).click();
  await said(a, /Salvo como versão/);
  const kept = office.run(['patient', 'show', CPF]);
  assert.deepEqual([kept.fields.peso, kept.fields.sexo, kept.fields.rg, kept.summary], ['69', 'F', '12', 'Pesado hoje']);
});

test('a saved edit can be undone from its message', async () => {
  await a.locator('[name=rg]').fill('999');
  await a.keyboard.press('Control+s');
  const toast = a.locator('.said', { hasText: 'Salvo como versão' });
  await seenOnBoth(toast.locator('p'), 'the message');
  await toast.getByRole('button', { name: 'Desfazer' }).click();
  await said(a, /Desfeito/);
  assert.equal(office.run(['patient', 'show', CPF]).fields.rg, '12');
  await eventually('the form shows it', async () => (await a.locator('[name=rg]').inputValue()) === '12');
});

test('what was typed in the last moment before the lock is there afterwards', async () => {
  await a.locator('[name=rg]').fill('4321');
  await a.getByRole('button', { name: 'Bloquear' }).click();
  await a.getByRole('heading', { name: 'AutoCusto está bloqueado' }).waitFor();
  await unlock(a);
  await home(a);
  await a.getByText('Há uma edição que você não tinha salvado: João da Silva.').waitFor({ timeout: 20000 });
  await a.getByRole('button', { name: 'Continuar' }).click();
  await eventually('the form has it', async () => (await a.locator('[name=rg]').inputValue()) === '4321');
  await a.getByRole('button', { name: 'Desfazer alterações' }).click();
});

test('anything that is known of a patient finds them, and Enter opens the first', async () => {
  for (const [key, name, mother, city] of [[OTHER_CPF, 'Terezinha Luz', 'Antônia Luz', 'Soure'], [THIRD_CPF, 'Bento Lima', 'Rosa Lima', 'Belém']]) {
    office.run(['patient', 'save', key, '--set', `nome_paciente=${name}`, '--set', `nome_mae=${mother}`, '--set', 'end_paciente=R', '--set', `cidade_paciente=${city}`, '--set', 'telefone1_paciente=91912345678', '--set', 'data_nascimento=1950-02-03']);
  }
  await search(a, 'luz terezinha');
  for (const term of ['antonia luz', 'soure']) {
    await eventually(`“${term}” finds her`, async () => {
      await a.getByRole('searchbox').fill('');
      await a.getByRole('searchbox').fill(term);
      await a.locator(`ul.items[data-term="${term}"]`).first().waitFor({ timeout: 2000 }).catch(() => {});
      return (await a.locator(`ul.items[data-term="${term}"] a.item`, { hasText: 'Terezinha' }).count()) === 1;
    }, 20000);
  }
  const row = a.locator('a.item', { hasText: 'Terezinha' });
  assert.match(await row.innerText(), /mãe: Antônia Luz · Soure · \d+ anos/);
  await search(a, 'teresinha');
  await a.getByText('estes diferem em uma letra').waitFor();
  await a.getByRole('searchbox').press('Enter');
  await a.getByRole('heading', { name: 'Terezinha Luz' }).waitFor();
});

test('the number comes first, and what is typed is put in order', async () => {
  await menu(a, 'Início');
  await a.keyboard.press('Escape');
  await a.getByRole('heading', { name: 'Usados há pouco' }).click();
  await a.keyboard.press('n');
  await a.getByRole('heading', { name: 'Novo paciente' }).waitFor();
  await a.getByLabel('CPF').fill(OTHER_CPF);
  await seenOnBoth(a.locator('[data-answer]', { hasText: 'Já existe um cadastro com este número: Terezinha Luz.' }), 'whose number it is');
  await a.locator('[name=altura]').fill('1,80');
  await a.locator('[name=altura]').blur();
  assert.equal(await a.locator('[name=altura]').inputValue(), '180');
  await a.locator('[name=data_nascimento]').fill('1950-02-03');
  await a.locator('[name=data_nascimento]').blur();
  await eventually('the age follows', async () => /^\d\d$/.test(await a.locator('[name=idade]').inputValue()));
  assert.deepEqual(await a.locator('[name=sexo] option').allInnerTexts(), ['Escolha…', 'Masculino', 'Feminino']);
  await lookAt(a, 'new-patient-known');
  await a.setViewportSize(SMALL);
  await menu(a, 'Início');
  await a.getByRole('button', { name: 'Sair sem salvar' }).click();
});

test('lists and counts forget no draft', async () => {
  await openRecord(a, 'Bento');
  await a.locator('[name=peso]').fill('60');
  await a.getByRole('button', { name: 'Salvar como rascunho' }).click();
  await said(a, /Rascunho salvo/);
  await menu(a, 'Início');
  await a.getByRole('list', { name: 'Resumo' }).getByRole('link', { name: '3 pacientes' }).waitFor();
  await a.getByRole('link', { name: '1 rascunho', exact: true }).click();
  await a.locator('a.item', { hasText: 'Bento Lima' }).waitFor();
  assert.equal(await a.locator('a.item').count(), 1);
  await a.getByLabel('com rascunho').uncheck();
  await a.getByText('3 cadastros encontrados').waitFor();
  await a.getByLabel('Ordem').selectOption('changed');
  await eventually('the last change is first', async () => (await a.locator('a.item').first().innerText()).includes('Bento'));
  await lookAt(a, 'list');
  await a.setViewportSize(SMALL);
  await a.getByRole('button', { name: 'Exportar CSV' }).click();
  const [file] = await Promise.all([a.waitForEvent('download'), a.getByRole('dialog').getByRole('button', { name: 'Exportar CSV' }).click()]);
  assert.equal(file.suggestedFilename(), 'autocusto.csv');
});

test('loading the page again leads to the same place, and no address tells which', async () => {
  await openRecord(a, 'Bento');
  await a.reload();
  await a.getByRole('heading', { name: 'Bento Lima' }).waitFor();
  assert.doesNotMatch(a.url(), /123\.?456/);
  await a.getByRole('button', { name: 'Ficha' }).click();
  await a.getByRole('button', { name: 'Imprimir a ficha' }).waitFor();
  await lookAt(a, 'record-sheet');
  await a.setViewportSize(SMALL);
  await a.emulateMedia({ media: 'print' });
  assert.ok(await a.getByRole('navigation').isHidden(), 'no menu on paper');
  assert.ok(await a.locator('.sheet').isVisible());
  await a.emulateMedia({ media: 'screen' });
});

test('keys lead everywhere', async () => {
  await a.keyboard.press('?');
  await a.getByRole('dialog').getByText('O que fazer?').waitFor();
  await lookAt(a, 'palette');
  await a.setViewportSize(SMALL);
  await a.getByLabel('Digite parte do nome').fill('conf');
  await a.keyboard.press('Enter');
  await a.getByRole('heading', { name: 'Conflitos' }).waitFor();
  await a.keyboard.press('/');
  await home(a);
  await eventually('the search has the focus', () => a.evaluate(() => document.activeElement?.id === 'search'), 20000);
});

test('conflicts are called by computer and time, and several are resolved at once', async () => {
  await statusShows(a, 'tudo enviado');
  house.run(['sync']);
  await world.stopServer();
  await statusShows(a, 'sem conexão');
  for (const key of [CPF, OTHER_CPF]) {
    house.run(['patient', 'save', key, '--set', 'peso=82']);
    office.run(['patient', 'save', key, '--set', 'peso=80']);
  }
  await world.startServer();
  house.run(['sync']);
  await menu(a, 'Sincronização');
  await a.getByRole('button', { name: 'Sincronizar agora' }).click();
  await statusShows(a, '2 conflitos');
  await eventually('the title tells', async () => (await a.title()) === '(2) AutoCusto', 20000);
  await menu(a, 'Conflitos');
  await a.locator('article.conflict').getByText(/^Casa, \d\d:\d\d/).first().waitFor();
  await a.getByText('Resolver vários de uma vez').click();
  await a.getByLabel('Sempre os valores de').selectOption('Casa');
  await a.locator('details.many').getByRole('button', { name: 'Pré-visualizar' }).click();
  await a.locator('details.many').getByText(/Peso \(kg\): 82/).first().waitFor();
  await lookAt(a, 'conflicts-many');
  await a.setViewportSize(SMALL);
  await a.getByRole('button', { name: 'Salvar estas 2 resoluções' }).click();
  await said(a, /2 conflitos resolvidos/);
  await a.getByText('Nenhum conflito.').waitFor();
  assert.equal(office.run(['patient', 'show', OTHER_CPF]).fields.peso, '82');
  await statusShows(a, 'tudo enviado');
});

test('a patient that was taken away while the page was locked is told until it was seen', async () => {
  await menu(a, 'Início');
  await a.getByRole('button', { name: 'Bloquear' }).click();
  await a.getByRole('heading', { name: 'AutoCusto está bloqueado' }).waitFor();
  office.run(['patient', 'save', OTHER_CPF, '--set', 'rg=77']);
  world.admin(['unassign', 'patient', OTHER_CPF, '--user', 'ana@clinica.test']);
  await unlock(a);
  await home(a);
  const told = a.locator('section.notice', { hasText: 'T. L.' });
  await seenOnBoth(told, 'what was taken away');
  await told.getByText('1 edição sua').waitFor();
  await statusShows(a, /avisos?/);
  await lookAt(a, 'home-notices');
  await a.setViewportSize(SMALL);
  await a.getByRole('button', { name: 'Já vi' }).click();
  await told.waitFor({ state: 'detached' });
});

test('a laptop that was erased from afar says so, and can be enrolled again', async () => {
  const device = world.admin(['device', 'list']).items.find((d) => d.name === 'Consultório');
  world.admin(['device', 'revoke', device.id]);
  await a.getByRole('heading', { name: 'Este computador foi apagado' }).waitFor({ timeout: 300000 });
  await seenOnBoth(a.locator('.notice', { hasText: 'Consultório' }), 'why');
  await lookAt(a, 'erased');
  await a.setViewportSize(SMALL);
  await a.getByLabel('Link de cadastro').fill(world.newLink('ana@clinica.test'));
  await a.getByLabel('Nome deste computador').fill('Consultório novo');
  await a.getByLabel('Escolha uma senha').fill(PASSPHRASE);
  await a.getByLabel('Repita a senha').fill(PASSPHRASE);
  // The server answers late, so that the program looks after itself meanwhile.
  world.serving.child.kill('SIGSTOP');
  await a.getByRole('button', { name: 'Cadastrar' }).click();
  const begun = Date.now();
  await eventually('the program has had time to look', () => Date.now() - begun > 800);
  world.serving.child.kill('SIGCONT');
  await home(a);
  await statusShows(a, 'conectado');
  await search(a, 'silva');
});
