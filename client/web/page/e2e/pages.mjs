// What a doctor does on the page, as functions; and looking at a screen from all sides.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { PASSPHRASE } from './world.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SHOTS = process.env.AUTOCUSTO_SCREENSHOTS;

/// Opens the page by its start link; it is locked or not enrolled then.
export async function open(laptop, context) {
  const page = await context.newPage();
  await page.goto(laptop.url);
  return page;
}

export async function enroll(page, link, name) {
  await page.getByLabel('Link de cadastro').fill(link);
  await page.getByLabel('Nome deste computador').fill(name);
  await page.getByLabel('Escolha uma senha').fill(PASSPHRASE);
  await page.getByLabel('Repita a senha').fill(PASSPHRASE);
  await page.getByRole('button', { name: 'Cadastrar' }).click();
  await home(page);
}

export async function unlock(page, passphrase = PASSPHRASE) {
  await page.getByLabel('Senha deste computador').fill(passphrase);
  await page.getByRole('button', { name: 'Desbloquear' }).click();
}

export async function home(page) {
  await page.getByRole('searchbox').waitFor();
}

export async function menu(page, name) {
  await page.getByRole('navigation').getByRole('link', { name, exact: true }).click();
}

export async function search(page, term) {
  await menu(page, 'Início');
  await page.getByRole('searchbox').fill(term);
  await page.locator(`ul.items[data-term="${term}"] a.item`).first().waitFor();
  return page.locator('ul.items a.item');
}

export async function openRecord(page, term) {
  const found = await search(page, term);
  await found.first().click();
  await page.getByRole('button', { name: 'Histórico' }).waitFor();
}

export async function fill(page, fields) {
  for (const [name, value] of Object.entries(fields)) await page.locator(`[name=${name}]`).fill(value);
}

export async function register(page, key, fields) {
  await menu(page, 'Início');
  await page.getByRole('button', { name: 'Novo paciente' }).click();
  await page.getByLabel('CPF').fill(key);
  await fill(page, fields);
  await page.getByRole('button', { name: 'Salvar', exact: true }).click();
  await said(page, /Salvo como versão 1/);
}

export async function edit(page, fields, summary = '') {
  await fill(page, fields);
  if (summary) await page.getByLabel('O que mudou e por quê').fill(summary);
  await page.getByRole('button', { name: 'Salvar', exact: true }).click();
  await said(page, /Salvo como versão/);
}

export async function said(page, pattern) {
  await page.locator('.said', { hasText: pattern }).waitFor();
  await page.locator('.said').getByRole('button', { name: 'Fechar' }).click();
}

export async function statusShows(page, pattern) {
  await page.locator('.status', { hasText: pattern }).waitFor({ timeout: 400000 });
}

/// What axe-core finds serious on the screen as it is now. It comes in through the debugger: the page's
/// own policy lets no script in.
export async function seriousFindings(page) {
  const session = await page.context().newCDPSession(page);
  await session.send('Runtime.evaluate', { expression: AXE });
  await session.detach();
  const found = await page.evaluate(async () => {
    const result = await window.axe.run(document, { resultTypes: ['violations'] });
    return result.violations.map((v) => ({
      id: v.id,
      impact: v.impact,
      where: v.nodes.slice(0, 3).map((n) => `${n.html.slice(0, 160)} ${n.failureSummary ?? ''}`),
    }));
  });
  return found.filter((v) => v.impact === 'serious' || v.impact === 'critical');
}

/// The screen light and dark, narrow and wide: axe-core is content, nothing sticks out, and pictures are
/// kept.
export async function lookAt(page, name) {
  for (const scheme of ['light', 'dark']) {
    for (const width of [360, 1280]) {
      await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
      await page.setViewportSize({ width, height: width === 360 ? 740 : 900 });
      const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      assert.ok(wider <= 0, `${name} at ${width} px is ${wider} px too wide`);
      assert.deepEqual(await seriousFindings(page), [], `${name}, ${scheme}, ${width} px`);
      if (SHOTS) {
        mkdirSync(SHOTS, { recursive: true });
        await page.evaluate(() => window.scrollTo(0, 0));
        await page.screenshot({ path: join(SHOTS, `${name}-${scheme}-${width}.png`), fullPage: true });
      }
    }
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 1280, height: 900 });
}
