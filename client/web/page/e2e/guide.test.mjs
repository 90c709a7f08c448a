// Somebody who only reads the Portuguese guide: two new computers, a day without internet, and a conflict
// resolved, with every word that the guide names used as the guide spells it. On the way the guide's
// pictures are taken anew (AUTOCUSTO_SCREENSHOTS/guia).
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { pageTexts, press, readGuide, see, type } from './guide.mjs';
import { home, open, said, statusShows } from './pages.mjs';
import { test } from './steps.mjs';
import { PASSPHRASE, World } from './world.mjs';

const CPF = '11144477735';
const GUIDE = readGuide();
const SHOTS = process.env.AUTOCUSTO_SCREENSHOTS;

let world;
let office;
let a; // the page on the laptop in the office
let b; // the page at home

before(async () => {
  world = await World.create();
});
after(async () => {
  await world?.close();
});

async function keepPicture(page, name) {
  if (!SHOTS) return;
  mkdirSync(join(SHOTS, 'guia'), { recursive: true });
  // The bar of a form sticks to the window; in the picture of a whole page it stands at the form's end.
  const stick = (how) => page.evaluate((to) => document.querySelector('.form-bar')?.style.setProperty('position', to), how);
  await page.evaluate(() => window.scrollTo(0, 0));
  await stick('static');
  await page.screenshot({ path: join(SHOTS, 'guia', name), fullPage: true });
  await stick('');
}

/// Does what the section says, label by label; `hands` tells what to do with one besides pressing it.
async function walk(page, section, hands = {}, { until = null, pictures = true } = {}) {
  const texts = pageTexts();
  const unused = new Set(Object.keys(hands));
  for (const step of GUIDE.get(section)) {
    if (step.quote) assert.ok(texts.includes(step.quote), `the page says nowhere “${step.quote}”`);
    if (step.picture && pictures) await keepPicture(page, step.picture);
    if (!step.label) continue;
    unused.delete(step.label);
    try {
      await (hands[step.label] ?? press)(page, step.label);
    } catch (e) {
      throw new Error(`“${section}” of the guide cannot go on at *${step.label}*: ${e.message}`);
    }
    if (step.label === until) break;
  }
  assert.deepEqual([...unused], [], `the section “${section}” does not name these any more`);
}

/// Written somewhere on the page, though not on this screen now.
async function known(_page, label) {
  assert.ok(pageTexts().includes(`['${label}'`), `the page has no text “${label}”`);
}

function enrolling(link, name) {
  return {
    'Link de cadastro': type(link),
    'Nome deste computador': type(name),
    'Escolha uma senha': type(PASSPHRASE),
    'Repita a senha': type(PASSPHRASE),
  };
}

async function openPatient(page) {
  await press(page, 'Início');
  await type('joao')(page, 'Buscar paciente ou clínica');
  await page.locator('a.item', { hasText: 'João da Silva' }).first().click();
  await page.getByRole('button', { name: 'Histórico' }).waitFor();
}

async function changeWeight(page, weight, why) {
  await openPatient(page);
  await type(weight)(page, 'Peso (kg)');
  await type(why)(page, 'O que mudou e por quê');
}

test('the first day', async () => {
  office = world.laptop('office');
  await office.startUi();
  a = await open(office, await world.context({ viewport: { width: 1040, height: 720 }, reducedMotion: 'reduce' }));
  const filled = { 'Nome do paciente': 'João da Silva', 'Nome da mãe': 'Maria da Silva', Endereço: 'Rua das Flores, 10', 'Peso (kg)': '715' };
  await a.getByRole('heading', { name: 'Cadastrar este computador' }).waitFor();
  await walk(a, 'O primeiro dia', {
    ...enrolling(world.addDoctor('ana@clinica.test'), 'Notebook do consultório'),
    CPF: type(CPF),
    '(obrigatório)': async (page, label) => {
      await page.getByText(label).first().waitFor();
      for (const [name, value] of Object.entries(filled)) await type(value)(page, name);
      await page.keyboard.press('Tab');
      await page.getByText('De 0,5 a 500 kg').waitFor();
    },
    'O que mudou e por quê': type('Primeira consulta'),
    Salvar: async (page, label) => {
      await type('71,5')(page, 'Peso (kg)');
      await press(page, label);
      await said(page, /Salvo como versão 1/);
      await statusShows(page, 'tudo enviado');
    },
    'Buscar paciente ou clínica': async (page, label) => {
      await type('joao')(page, label);
      await page.locator('ul.items[data-term="joao"] a.item').waitFor();
      await type('')(page, label);
    },
    'Usados há pouco': see,
    'Salvar como rascunho': async (page, label) => {
      await changeWeight(page, '72', 'Retorno');
      await press(page, label);
      await said(page, /Rascunho salvo/);
    },
    'Abrir rascunho': async (page, label) => {
      await openPatient(page);
      await press(page, label);
    },
    Publicar: async (page, label) => {
      await press(page, label);
      await said(page, /Publicado/);
      await statusShows(page, 'tudo enviado');
    },
    'Comparar as duas marcadas': async (page, label) => {
      for (const mark of [page.getByRole('checkbox').first(), page.getByRole('checkbox').last()]) await mark.check();
      await press(page, label);
      await page.getByLabel('Mostrar só as diferenças').check();
    },
    'Voltar a ela': async (page, label) => {
      await press(page, label);
      await said(page, /Revertido/);
    },
    Bloquear: async (page, label) => {
      await press(page, label);
      await page.getByRole('heading', { name: 'AutoCusto está bloqueado' }).waitFor();
    },
    'Senha deste computador': type(PASSPHRASE),
  });
  await home(a);
  assert.equal(office.run(['patient', 'show', CPF]).fields.peso, '71,5');
});

test('a second computer', async () => {
  const house = world.laptop('house');
  await house.startUi();
  b = await open(house, await world.context());
  const hands = enrolling(world.newLink('ana@clinica.test'), 'Computador de casa');
  await walk(b, 'O primeiro dia', hands, { until: 'Cadastrar', pictures: false });
  await home(b);
  await statusShows(b, 'conectado');
  await b.getByRole('searchbox').fill('silva');
  await b.locator('a.item', { hasText: 'João da Silva' }).waitFor({ timeout: 400000 });
});

test('a day without internet', async () => {
  await statusShows(a, 'tudo enviado');
  await walk(a, 'Um dia sem internet', {
    conectado: async (page, label) => {
      await see(page, label);
      await world.stopServer();
    },
    'sem conexão': async (page, label) => {
      await see(page, label);
      await statusShows(b, label);
      await changeWeight(page, '80', 'Na consulta');
      await press(page, 'Salvar');
      await said(page, /Salvo como versão/);
      await changeWeight(b, '82', 'Por telefone');
      await press(b, 'Salvar');
      await said(b, /Salvo como versão/);
      await statusShows(page, '1 alteração a enviar');
    },
    Sincronização: async (page, label) => {
      await press(page, label);
      await page.getByRole('heading', { name: 'O que o servidor recusou' }).waitFor();
    },
    'Sincronizar agora': async (page, label) => {
      await world.startServer();
      await press(page, label);
    },
    'tudo enviado': see,
    'Aplicar de novo': known,
    Descartar: known,
  });
});

test('a conflict', async () => {
  await press(b, 'Sincronização');
  await press(b, 'Sincronizar agora');
  await statusShows(b, 'tudo enviado');
  await statusShows(a, '1 conflito');
  await walk(a, 'Um conflito', {
    'em uso': see,
    'A decidir': see,
    'Como era antes': (page) => page.getByText('Como era antes: ').first().waitFor(),
    'Digitar outro valor': async (page, label) => {
      await page.getByRole('radio', { name: label }).check();
      await type('81')(page, 'Peso (kg)');
    },
    'Usar tudo de …': see,
    'Assim vai ficar': see,
    'Voltar e escolher': async (page, label) => {
      await press(page, label);
      await press(page, 'Pré-visualizar');
    },
    'Salvar a resolução': async (page, label) => {
      await press(page, label);
      await said(page, /Conflito resolvido/);
    },
  });
  await a.getByText('Nenhum conflito.').waitFor();
  assert.equal(office.run(['patient', 'show', CPF]).fields.peso, '81');
});

test('the other sections', async () => {
  await walk(a, 'Computador perdido ou roubado');
  await walk(a, 'Perguntas comuns', {
    'Esqueci a senha': known,
    Idioma: see,
    'Encerrar o AutoCusto': async (page, label) => {
      await press(page, label);
      await page.getByRole('dialog').getByRole('button', { name: label }).click();
      await page.getByRole('heading', { name: 'O AutoCusto foi encerrado' }).waitFor();
    },
  });
  assert.equal(await office.ui.end, 0);
  await walk(b, 'Um computador novo', {
    'tudo enviado': see,
    'Apagar tudo deste computador': see,
    'Senha deste computador': type(PASSPHRASE),
    'Apagar tudo': async (page, label) => {
      await press(page, label);
      await page.getByRole('dialog').getByRole('button', { name: label }).click();
      await page.getByRole('heading', { name: 'Cadastrar este computador' }).waitFor();
    },
  });
});
