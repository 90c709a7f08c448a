// A process from nothing to paper, as a doctor does it on the page; then its renewal.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before } from 'node:test';
import { enroll, fill, home, lookAt, menu, open, register, said, statusShows } from './pages.mjs';
import { test } from './steps.mjs';
import { eventually, World } from './world.mjs';

const CPF = '11144477735';
const PATIENT = {
  nome_paciente: 'João da Silva',
  nome_mae: 'Maria da Silva',
  end_paciente: 'Rua das Flores, 10',
  cidade_paciente: 'Belém',
  peso: '71,5',
  altura: '170',
  telefone1_paciente: '91912345678',
};

let world;
let office;
let context;
let a;

before(async () => {
  world = await World.create();
});
after(async () => {
  await world?.close();
});

/// The bytes of the PDF that the page offers.
async function download(page) {
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Baixar o PDF' }).click()]);
  assert.match(file.suggestedFilename(), /^autocusto-[0-9a-f]{16}\.pdf$/, 'the name says nothing of the patient');
  return readFileSync(await file.path());
}

async function saveNew(page) {
  await page.getByRole('button', { name: 'Salvar', exact: true }).click();
  await said(page, /Salvo como versão 1/);
}

test('patient, clinic and profile are registered', async () => {
  office = world.laptop('office');
  await office.startUi();
  context = await world.context();
  a = await open(office, context);
  await enroll(a, world.addDoctor('ana@clinica.test'), 'Notebook');
  await register(a, CPF, PATIENT);
  await a.locator('[name=etnia]').selectOption('etnia_parda');
  await a.getByRole('button', { name: 'Salvar', exact: true }).click();
  await said(a, /Salvo como versão 2/);
  await a.getByText('Nenhum processo deste paciente.').waitFor();
  await menu(a, 'Início');
  await a.getByRole('button', { name: 'Nova clínica' }).click();
  await a.getByLabel('CNES').fill('2345678');
  await fill(a, { nome_clinica: 'Clínica do Marajó', logradouro: 'Avenida', logradouro_num: '1', bairro: 'Nazaré', cidade: 'Belém', cep: '66000000', telefone_clinica: '9132123456' });
  await saveNew(a);
  await menu(a, 'Ajustes');
  await a.getByText('sem ele não se imprime').waitFor();
  await a.getByRole('button', { name: 'Novo perfil de médico' }).click();
  await a.getByLabel('CRM/UF').fill('12345');
  await a.getByRole('button', { name: 'Salvar', exact: true }).click();
  await a.getByText('CRM e estado: 12345/PA.').first().waitFor();
  await a.getByLabel('CRM/UF').fill('12345/PA');
  await fill(a, { nome_medico: 'Ana Beatriz', cns_medico: '700000000000005' });
  await saveNew(a);
  await menu(a, 'Ajustes');
  await a.getByText('Ana Beatriz').waitFor();
  await lookAt(a, 'settings-profile');
});

test('a process asks for the CID first and answers nothing by itself', async () => {
  await menu(a, 'Início');
  await a.locator('a.item', { hasText: 'João da Silva' }).first().click();
  await a.getByRole('button', { name: 'Novo processo' }).click();
  await a.getByLabel('CID-10').fill('esclerose');
  await a.getByRole('button', { name: /^G35 ·/ }).click();
  assert.equal(await a.getByLabel('CID-10').inputValue(), 'G35');
  assert.equal(await a.locator('[name=tratou]').inputValue(), '');
  assert.equal(await a.locator('[name=preenchido_por]').inputValue(), '');
  await a.locator('[name=clinica]').selectOption('2345678');
  await fill(a, { anamnese: 'Surto em 2019.\nMelhora depois.' });
  await a.getByText('30 de 1.500 caracteres').waitFor();
  await a.getByText(/Faltam? \d+ coisas? para imprimir/).waitFor();
  await a.locator('[name=tratou]').selectOption('nao');
  await a.locator('[name=preenchido_por]').selectOption('medico');
  await a.locator('[name=meses]').selectOption('3');
});

test('a dose is typed once, repeated, and changed in one month', async () => {
  await a.getByRole('button', { name: 'Acrescentar medicamento' }).click();
  await fill(a, { nome: 'Remédio A', via: 'Oral', unidade: 'comprimido', qtd_1: '30', pos_1: 'Tomar 1 à noite' });
  await a.getByRole('button', { name: 'Repetir o mês 1 nos meses' }).click();
  assert.equal(await a.locator('[name=qtd_3]').inputValue(), '30');
  assert.equal(await a.locator('[name=qtd_4]').count(), 0, 'as many months as the process has');
  await fill(a, { qtd_2: '6x' });
  await a.locator('[name=pos_2]').focus();
  await a.getByText('Só números.').waitFor();
  await fill(a, { qtd_2: '60' });
  await a.getByText('Pode ser impresso: nada falta.').waitFor();
  await lookAt(a, 'process-new');
  await saveNew(a);
  await a.getByRole('heading', { name: 'Processo G35' }).waitFor();
  const kept = office.run(['process', 'show', `${CPF}/G35`]).fields;
  assert.equal(kept.anamnese, 'Surto em 2019.\nMelhora depois.');
  assert.deepEqual([1, 2, 3, 4].map((n) => kept.prescricao[0][`qtd_${n}`]), ['30', '60', '30', undefined]);
});

test('it is printed, and the paper is a PDF', async () => {
  await a.getByRole('button', { name: 'Imprimir', exact: true }).click();
  await a.getByLabel('Data de início').fill('2026-01-31');
  await a.getByRole('button', { name: 'Gerar PDF' }).click();
  await a.getByText(/O PDF está pronto: \d+ páginas/).waitFor();
  await lookAt(a, 'process-print');
  assert.equal((await download(a)).subarray(0, 5).toString(), '%PDF-');
  await a.getByText('1 emissão').waitFor();
});

test('what is missing is told with the number of its box, and nothing is printed', async () => {
  await fill(a, { anamnese: '' });
  await a.getByRole('button', { name: 'Salvar', exact: true }).click();
  await said(a, /Salvo como versão 2/);
  await a.getByRole('button', { name: 'Gerar PDF' }).click();
  await a.locator('section.preview li', { hasText: 'Campo 11' }).waitFor();
  assert.equal(await a.getByRole('button', { name: 'Baixar o PDF' }).count(), 0);
  await fill(a, { anamnese: 'Surto em 2019.' });
  await a.getByRole('button', { name: 'Salvar', exact: true }).click();
  await said(a, /Salvo como versão 3/);
});

test('what is due stands on the first screen and is renewed in three clicks', async () => {
  await menu(a, 'Início');
  await a.getByRole('heading', { name: 'A renovar' }).waitFor();
  await a.getByText('atrasado').waitFor();
  await lookAt(a, 'home-due');
  await a.getByRole('button', { name: 'Renovar: João da Silva, G35' }).click();
  await a.getByRole('button', { name: 'Gerar PDF' }).click();
  assert.equal((await download(a)).subarray(0, 5).toString(), '%PDF-');
  const emissions = office.run(['emission', 'list']).items;
  assert.equal(emissions.length, 2);
  await menu(a, 'Início');
  await home(a);
  await eventually('nothing is due any more', async () => (await a.getByRole('heading', { name: 'A renovar' }).count()) === 0);
});

test('two versions of the medicines stand side by side, the months that differ marked', async () => {
  await a.locator('a.item', { hasText: 'G35' }).first().click();
  await a.locator('[name=qtd_3]').fill('90');
  await a.getByRole('button', { name: 'Salvar', exact: true }).click();
  await said(a, /Salvo como versão 4/);
  await a.getByRole('button', { name: 'Histórico' }).click();
  const marks = a.getByRole('checkbox', { name: /Marcar a versão/ });
  await marks.nth(0).check();
  await marks.nth(1).check();
  await a.getByRole('button', { name: 'Comparar as duas marcadas' }).click();
  const months = await a.locator('.rows-beside mark').allInnerTexts();
  assert.deepEqual(months, ['30 · Tomar 1 à noite', '90 · Tomar 1 à noite']);
  await lookAt(a, 'process-comparison');
});

test('no address named a patient, and the console stayed silent', async () => {
  await statusShows(a, 'tudo enviado');
  // The browser notes each refusal of a print; there was one.
  const refusals = context.faults.filter((fault) => fault.includes('status of 422'));
  assert.equal(refusals.length, 1);
  assert.deepEqual(context.faults.filter((fault) => !refusals.includes(fault)), []);
  for (const url of context.requests) assert.ok(!/111\.?444|G35/.test(url), url);
});
