// The page's safety in a real Chromium: who gets in, what a lock leaves, what the end of a laptop leaves.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before } from 'node:test';
import { edit, home, lookAt, menu, open, openRecord, said, statusShows, unlock } from './pages.mjs';
import { test } from './steps.mjs';
import { eventually, PASSPHRASE, World } from './world.mjs';

const CPF = '11144477735';
const OTHER_CPF = '52998224725';

let world;
let office;
let house;
let officeContext;
let houseContext;
let a; // the page on the laptop in the office
let b; // the page at home
let left; // a page that nobody touches
let leftFor; // how long it took to lock, in milliseconds

before(async () => {
  world = await World.create();
  office = world.laptop('office');
  office.run(['enroll', world.addDoctor('ana@clinica.test'), '--device-name', 'Notebook do consultório']);
  office.run(['patient', 'save', CPF, '--set', 'nome_paciente=João da Silva', '--set', 'nome_mae=Maria', '--set', 'end_paciente=Rua das Flores, 10']);
  house = world.laptop('house');
  house.run(['enroll', world.newLink('ana@clinica.test'), '--device-name', 'Computador de casa']);
  for (const laptop of [office, house]) {
    laptop.run(['sync']);
    await laptop.startUi();
  }
  officeContext = await world.context();
  houseContext = await world.context();
  a = await open(office, officeContext);
  b = await open(house, houseContext);
  for (const page of [a, b]) {
    await unlock(page);
    await home(page);
    await statusShows(page, 'conectado');
  }
});
after(async () => {
  await world?.close();
});

test('a page is left alone with a record open', async () => {
  const laptop = world.laptop('carla');
  laptop.run(['enroll', world.addDoctor('carla@clinica.test'), '--device-name', 'Recepção']);
  laptop.run(['patient', 'save', CPF, '--set', 'nome_paciente=Rosa Vermelha', '--set', 'nome_mae=Maria', '--set', 'end_paciente=Rua 1']);
  await laptop.startUi();
  left = await open(laptop, await world.context());
  await unlock(left);
  await home(left);
  await menu(left, 'Ajustes');
  await left.getByLabel('Bloquear depois de quanto tempo sem uso').selectOption('1 minuto');
  await said(left, /Guardado/);
  await openRecord(left, 'Rosa Vermelha');
  // Others' edits keep the page busy, but nobody is there.
  laptop.run(['patient', 'save', CPF, '--set', 'peso=60']);
  await eventually('the form shows it', async () => (await left.locator('[name=peso]').inputValue()) === '60');
  leftFor = left.evaluate(
    () =>
      new Promise((resolve) => {
        const begun = performance.now();
        new window.MutationObserver(() => {
          if (document.body.textContent?.includes('AutoCusto está bloqueado')) resolve(performance.now() - begun);
        }).observe(document.body, { childList: true, subtree: true });
      }),
  );
  leftFor.catch(() => undefined);
});

/// A server of somebody else on this machine, which keeps what browsers send to it.
async function strangersServer() {
  const seen = [];
  const server = createServer((request, response) => {
    seen.push({ ...request.headers });
    response.setHeader('Content-Type', 'text/html');
    response.end('<!doctype html><title>evil</title>');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { seen, server, origin: `http://127.0.0.1:${server.address().port}` };
}

test('other pages of the browser get nothing', async () => {
  const evil = await strangersServer();
  const paths = ['/api/recent', '/api/session', '/api/search', '/api/lock', '/api/wipe'];
  try {
    const page = await officeContext.newPage();
    await page.goto(`${evil.origin}/`);
    const answers = await page.evaluate(async (origin) => {
      const tried = [];
      for (const [path, how] of [
        ['/api/recent', {}],
        ['/api/session', {}],
        ['/api/search', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"term":""}' }],
        ['/api/lock', { method: 'POST', mode: 'no-cors', headers: { 'Content-Type': 'text/plain' }, body: '{}' }],
        ['/api/wipe', { method: 'POST', mode: 'no-cors', body: '{"sure":true}' }],
      ]) {
        try {
          const answer = await fetch(origin + path, { credentials: 'include', ...how });
          tried.push(`${path} ${answer.type} ${await answer.text()}`);
        } catch {
          tried.push(`${path} refused`);
        }
      }
      return tried;
    }, office.origin);
    assert.deepEqual(answers, paths.map((path) => `${path} refused`));
    assert.equal(await page.evaluate(() => sessionStorage.length + document.cookie.length), 0, 'nothing of the page is in reach');
    await page.close();
    // Whatever the browser has sent there is played back from outside any browser.
    assert.ok(evil.seen.length > 0);
    for (const { cookie = '', authorization = '' } of evil.seen) {
      assert.deepEqual([cookie, authorization], ['', '']);
      for (const path of paths.slice(0, 2)) {
        const answer = await fetch(office.origin + path, { headers: { ...(cookie ? { Cookie: cookie } : {}), ...(authorization ? { Authorization: authorization } : {}) } });
        assert.equal(answer.status, 401);
        assert.ok(!(await answer.text()).includes('csrf'));
      }
    }
    assert.deepEqual(await officeContext.cookies(), [], 'the page has set no cookie');
  } finally {
    evil.server.close();
  }
  await menu(a, 'Ajuda');
  assert.equal(office.run(['status']).user, 'ana@clinica.test', 'nothing was wiped');
  await a.getByRole('heading', { name: 'Ajuda' }).waitFor();
  for (const headers of [{ Host: 'evil.example' }, { Host: `rebound.example:${new URL(office.origin).port}` }]) {
    const answer = await officeContext.request.get(`${office.origin}/`, { headers });
    assert.equal(answer.status(), 403);
  }
  const forged = await officeContext.request.post(`${office.origin}/api/lock`, { headers: { Origin: 'http://evil.example' }, data: {} });
  assert.equal(forged.status(), 403);
});

test('a reload keeps the session, and a tab that is opened from the page gets its own', async () => {
  await a.reload();
  await a.getByRole('heading', { name: 'Ajuda' }).waitFor();
  await menu(a, 'Início');
  const second = await officeContext.newPage();
  await second.goto(`${office.origin}/`);
  await home(second);
  const secrets = await Promise.all([a, second].map((page) => page.evaluate(() => sessionStorage.getItem('autocusto.session'))));
  assert.notEqual(secrets[0], secrets[1]);
  await openRecord(second, 'João da Silva');
  await second.close();
  await home(a);
});

test('a lock leaves nothing on the page, and wrong passphrases are slowed down', async () => {
  await openRecord(a, 'João da Silva');
  await a.getByRole('button', { name: 'Bloquear' }).click();
  await a.getByRole('heading', { name: 'AutoCusto está bloqueado' }).waitFor();
  assert.ok(!(await a.content()).includes('Silva'));
  await a.goBack();
  assert.ok(!(await a.content()).includes('Silva'));
  if (await a.getByLabel('Senha deste computador').isHidden()) await a.goto(office.link());
  // The waits grow, so on any machine one of the tries comes before the last wait is over.
  const told = a.getByText(/Espere \d+ s/);
  for (let i = 0; i < 8 && (await told.count()) === 0; i += 1) {
    await unlock(a, 'errada');
    await a.getByRole('button', { name: 'Desbloqueando…' }).waitFor({ state: 'detached' });
    await a.locator('small.wrong').waitFor();
  }
  await told.waitFor();
  await a.getByRole('button', { name: 'Desbloquear', disabled: false }).waitFor();
  await unlock(a);
  await home(a);
});

test('what was being typed survives the lock', async () => {
  await openRecord(a, 'João da Silva');
  await a.locator('[name=idade]').fill('52');
  await a.locator('[name=altura]').fill('1,80m');
  // Kept a moment after the last key.
  await eventually('it is kept', () =>
    a.evaluate(async () => {
      const headers = { Authorization: `Bearer ${sessionStorage.getItem('autocusto.session')}` };
      const { edits } = await (await fetch('/api/unsaved', { headers })).json();
      return edits.some((edit) => edit.fields.altura === '1,80m');
    }),
  );
  await a.getByRole('button', { name: 'Bloquear' }).click();
  await a.getByRole('heading', { name: 'AutoCusto está bloqueado' }).waitFor();
  await unlock(a);
  await home(a);
  await a.getByText('Há uma edição que você não tinha salvado: João da Silva.').waitFor();
  await lookAt(a, 'home-unsaved');
  await a.getByRole('button', { name: 'Continuar' }).click();
  await eventually('the form has it', async () => (await a.locator('[name=idade]').inputValue()) === '52');
  await edit(a, {});
  assert.equal(office.run(['patient', 'show', CPF]).fields.altura, '1,80m');
  await menu(a, 'Início');
  await a.getByRole('heading', { name: 'Usados há pouco' }).waitFor();
  assert.equal(await a.getByText('Há uma edição que você não tinha salvado').count(), 0);
});

test('what was being typed in two tabs survives the lock, both', async () => {
  const second = await officeContext.newPage();
  await second.goto(`${office.origin}/`);
  await home(second);
  office.run(['patient', 'save', OTHER_CPF, '--set', 'nome_paciente=Lia Souza', '--set', 'nome_mae=M', '--set', 'end_paciente=R']);
  await openRecord(a, 'João da Silva');
  await openRecord(second, 'Lia Souza');
  await a.locator('[name=rg]').fill('11');
  await second.locator('[name=rg]').fill('22');
  // A third form, for a record that is not there yet.
  const third = await officeContext.newPage();
  await third.goto(`${office.origin}/`);
  await home(third);
  await third.getByRole('button', { name: 'Novo paciente' }).click();
  await third.locator('[name=nome_paciente]').fill('Zélia Nova');
  await eventually('all are kept', () =>
    a.evaluate(async () => {
      const headers = { Authorization: `Bearer ${sessionStorage.getItem('autocusto.session')}` };
      const { edits } = await (await fetch('/api/unsaved', { headers })).json();
      return edits.length === 3;
    }),
  );
  await a.getByRole('button', { name: 'Bloquear' }).click();
  for (const page of [a, second, third]) await page.getByRole('heading', { name: 'AutoCusto está bloqueado' }).waitFor();
  await second.close();
  await third.close();
  await unlock(a);
  await home(a);
  const offered = (name) => a.locator('.unsaved', { hasText: name });
  for (const name of ['João da Silva', 'Lia Souza', 'Zélia Nova']) await offered(name).waitFor();
  await lookAt(a, 'home-unsaved-several');
  await offered('Lia Souza').getByRole('button', { name: 'Continuar' }).click();
  await eventually('the form has it', async () => (await a.locator('[name=rg]').inputValue()) === '22');
  await edit(a, {});
  await menu(a, 'Início');
  await offered('João da Silva').waitFor();
  assert.equal(await offered('Lia Souza').count(), 0);
  await offered('Zélia Nova').getByRole('button', { name: 'Descartar' }).click();
  await offered('Zélia Nova').waitFor({ state: 'detached' });
  await offered('João da Silva').getByRole('button', { name: 'Continuar' }).click();
  await eventually('the form has it', async () => (await a.locator('[name=rg]').inputValue()) === '11');
  await edit(a, {});
  await menu(a, 'Início');
  await a.getByRole('heading', { name: 'Usados há pouco' }).waitFor();
  assert.equal(await a.locator('.unsaved').count(), 0);
  assert.equal(office.run(['patient', 'show', OTHER_CPF]).fields.rg, '22');
});

test('a page in the background shows nothing until it knows that it may', async () => {
  const turn = (state) =>
    a.evaluate((to) => {
      Object.defineProperty(document, 'visibilityState', { value: to, configurable: true });
      document.dispatchEvent(new window.Event('visibilitychange'));
    }, state);
  const opacity = () => a.evaluate(() => getComputedStyle(document.getElementById('app')).opacity);
  await openRecord(a, 'João da Silva');
  await turn('hidden');
  assert.equal(await opacity(), '0');
  await turn('visible');
  await eventually('it shows again', async () => (await opacity()) === '1');
  await a.getByRole('heading', { name: 'João da Silva' }).waitFor();
  await turn('hidden');
  await a.evaluate(() => fetch('/api/lock', { method: 'POST', headers: { Authorization: `Bearer ${sessionStorage.getItem('autocusto.session')}`, 'Content-Type': 'application/json' }, body: '{}' }));
  assert.equal(await opacity(), '0');
  await turn('visible');
  await a.getByRole('heading', { name: 'AutoCusto está bloqueado' }).waitFor();
  await eventually('it shows the lock', async () => (await opacity()) === '1');
  assert.ok(!(await a.content()).includes('Silva'));
  await unlock(a);
  await home(a);
});

test('another browser of the same laptop needs the passphrase itself', async () => {
  const context = await world.context();
  const bare = await context.newPage();
  await bare.goto(office.origin);
  await bare.getByRole('heading', { name: 'Abra o AutoCusto pelo ícone' }).waitFor();
  await lookAt(bare, 'unlinked');
  const link = office.link();
  await bare.goto(link);
  await bare.getByRole('heading', { name: 'AutoCusto está bloqueado' }).waitFor();
  // A link is good once, and a locked tab opens no other one.
  const again = await context.newPage();
  await again.goto(link);
  await again.getByRole('heading', { name: 'Abra o AutoCusto pelo ícone' }).waitFor();
  await context.close();
});

test('addresses, storage and console hold nothing of a patient', async () => {
  await openRecord(a, 'João da Silva');
  for (const [context, page] of [[officeContext, a], [houseContext, b]]) {
    const texts = [...context.requests, page.url()].map(decodeURIComponent).join('\n');
    assert.ok(!/silva|joão|11144477735|111\.444/i.test(texts));
    const stored = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, history.state, document.title, document.cookie]));
    const [, ofTab, , title, cookies] = JSON.parse(stored);
    assert.deepEqual([title, cookies], ['AutoCusto', '']);
    assert.deepEqual(Object.keys(ofTab).filter((key) => key !== 'autocusto.tab'), ['autocusto.session']);
    assert.ok(!/silva|joão|11144477735/i.test(stored));
    for (const each of context.requests) assert.ok(/^http:\/\/127\.0\.0\.1:\d+\//.test(each), each);
    // Chromium itself notes refused calls; anything else would be ours.
    const ours = context.faults.filter((f) => !/Failed to load resource|ERR_CONNECTION_REFUSED|blocked by CORS/.test(f));
    assert.deepEqual(ours, []);
  }
});

test('the passphrase is changed, and the laptop wiped, from the settings', async () => {
  await menu(b, 'Ajustes');
  await b.getByLabel('Senha atual').fill('errada');
  await b.getByLabel('Senha nova').fill('outra senha com tatu e farol');
  await b.getByLabel('Repita a senha').fill('outra senha com tatu e farol');
  await b.getByRole('button', { name: 'Trocar a senha' }).click();
  await b.locator('small.wrong').first().waitFor();
  await b.getByLabel('Senha atual').fill(PASSPHRASE);
  await b.getByRole('button', { name: 'Trocar a senha' }).click();
  await said(b, /A senha foi trocada/);
  await b.getByRole('button', { name: 'Bloquear agora' }).click();
  await unlock(b, 'outra senha com tatu e farol');
  await home(b);
  await menu(b, 'Ajustes');
  const erase = async () => {
    await b.getByRole('button', { name: 'Apagar tudo' }).click();
    await b.getByRole('dialog').getByRole('button', { name: 'Apagar tudo' }).click();
  };
  await b.getByRole('button', { name: 'Apagar tudo' }).click();
  await b.getByText('Para apagar tudo, digite a senha deste computador.').waitFor();
  await b.getByLabel('Senha deste computador').fill('errada');
  await erase();
  await b.locator('.danger-zone small.wrong').waitFor();
  assert.equal(house.run(['status'], { exit: 7 }).error.code, 'wrong_passphrase', 'nothing was wiped: the passphrase is another one now');
  await b.getByLabel('Senha deste computador').fill('outra senha com tatu e farol');
  await erase();
  await b.getByRole('heading', { name: 'Cadastrar este computador' }).waitFor();
  assert.equal(house.run(['status'], { exit: 7 }).error.code, 'not_enrolled');
});

test('a laptop whose passphrase is forgotten is wiped with the word that a terminal shows', async () => {
  const laptop = world.laptop('forgetful');
  laptop.run(['enroll', world.newLink('ana@clinica.test'), '--device-name', 'Esquecido']);
  await laptop.startUi();
  const page = await open(laptop, await world.context());
  await page.getByRole('button', { name: 'Esqueci a senha' }).click();
  await page.getByRole('button', { name: 'Apagar tudo' }).click();
  await page.getByText('Digite a palavra que o terminal mostra.').waitFor();
  const erase = async (word) => {
    await page.getByLabel('Palavra para apagar').fill(word);
    await page.getByRole('button', { name: 'Apagar tudo' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Apagar tudo' }).click();
  };
  await erase('errada');
  await page.getByText('Esta não é a palavra que o terminal deste programa mostra.').waitFor();
  assert.equal(laptop.run(['status']).user, 'ana@clinica.test', 'nothing was wiped');
  await erase(` ${laptop.run(['ui', '--no-open']).wipe_word.toUpperCase()} `);
  await page.getByRole('heading', { name: 'Cadastrar este computador' }).waitFor();
  assert.equal(laptop.run(['status'], { exit: 7 }).error.code, 'not_enrolled');
  await page.close();
});

test('a laptop that was revoked as lost erases itself and says so on the page', async () => {
  const device = world.admin(['device', 'list']).items.find((d) => d.name === 'Notebook do consultório' || d.device_name === 'Notebook do consultório');
  world.admin(['device', 'revoke', device.id, '--lost']);
  await a.getByRole('heading', { name: 'Este computador foi apagado' }).waitFor({ timeout: 300000 });
  assert.ok(!(await a.content()).includes('Silva'));
});

test('what the server refuses stays with its reason, and is applied again or discarded', async () => {
  // Seventeen laptops edit one field offline: the last one's edit is one head too many.
  const laptops = [];
  for (let i = 0; i < 17; i += 1) {
    const link = i === 0 ? world.addDoctor('bruno@clinica.test') : world.newLink('bruno@clinica.test');
    const laptop = world.laptop(`bruno${i}`);
    laptops.push(laptop);
    laptop.run(['enroll', link, '--device-name', `Computador ${i + 1}`]);
    if (i === 0) {
      for (const [key, name] of [[CPF, 'Rui'], [OTHER_CPF, 'Lia']]) {
        laptop.run(['patient', 'save', key, '--set', `nome_paciente=${name}`, '--set', 'nome_mae=M', '--set', 'end_paciente=R']);
      }
    }
    laptop.run(['sync']);
  }
  for (const [i, laptop] of laptops.entries()) {
    for (const key of [CPF, OTHER_CPF]) laptop.run(['patient', 'save', key, '--set', `rg=${i}`]);
  }
  for (const laptop of laptops.slice(0, 16)) laptop.run(['sync']);
  const last = laptops[16];
  await last.startUi();
  const page = await open(last, await world.context());
  await unlock(page);
  await statusShows(page, '2 recusadas');
  await menu(page, 'Sincronização');
  const refused = (name) => page.locator('.refused', { hasText: name });
  await refused('Rui').getByText('O que ela mudaria').click();
  await refused('Rui').locator('mark', { hasText: '16' }).waitFor();
  await refused('Rui').getByText('O cadastro já tem 16 versões lado a lado').waitFor();
  await lookAt(page, 'sync-refused');
  await refused('Lia').getByRole('button', { name: 'Descartar' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancelar' }).click();
  await refused('Lia').getByRole('button', { name: 'Descartar' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Descartar' }).click();
  await said(page, /Descartado/);
  await refused('Lia').waitFor({ state: 'detached' });
  await statusShows(page, '1 recusada');
  await menu(page, 'Conflitos');
  const card = page.locator('article.conflict', { hasText: 'Rui' });
  await card.getByRole('button', { name: /Usar tudo de/ }).first().click();
  await card.getByRole('button', { name: 'Pré-visualizar' }).click();
  await card.getByRole('button', { name: 'Salvar a resolução' }).click();
  await said(page, /Conflito resolvido/);
  await menu(page, 'Sincronização');
  await page.getByRole('button', { name: 'Aplicar de novo' }).click();
  await said(page, /Aplicado de novo/);
  await page.getByText('Nada foi recusado.').waitFor();
  await statusShows(page, 'tudo enviado');
  assert.equal(last.run(['patient', 'show', CPF]).fields.rg, '16');
  await page.close();
});

test('the page that was left alone has locked itself', async () => {
  const millis = await leftFor;
  assert.ok(millis > 55000 && millis < 90000, `after ${millis} ms`);
  const shown = () =>
    left.evaluate(() => [document.documentElement.outerHTML, document.body.innerText, ...[...document.querySelectorAll('input, select')].map((each) => each.value)].join('\n'));
  assert.doesNotMatch(await shown(), /Rosa|Vermelha|111\.?444|Rua 1/);
  const answer = await left.evaluate(async () => {
    const headers = { Authorization: `Bearer ${sessionStorage.getItem('autocusto.session')}` };
    return (await fetch('/api/recent', { headers })).json();
  });
  assert.equal(answer.code, 'session_expired');
  await left.goBack().catch(() => undefined);
  assert.doesNotMatch(await shown(), /Rosa|Vermelha/);
  await left.close();
});

test('the page ends with the program', async () => {
  await b.close();
  await house.stopUi();
  await office.stopUi();
  await a.getByRole('heading', { name: 'O AutoCusto foi encerrado' }).waitFor({ timeout: 400000 });
});
