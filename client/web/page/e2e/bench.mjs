// How quick the page is with many patients, measured in the browser; prints one JSON object.
//   node e2e/bench.mjs [PATIENTS]        (10,000 unless given)
// `unlock_ms`: from the click to a usable page. `search_ms`: from a key stroke to its results on the
// screen. `record_ms`: from the click on a result to the filled form. `memory_kib`: of the program.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { home, open, search, statusShows } from './pages.mjs';
import { eventually, PASSPHRASE, World } from './world.mjs';

const COUNT = Number(process.argv[2] ?? 10000);
const TERMS = ['joao', 'conceicao', 'almeida', 'goncalves', 'oliveira', 'sonia', 'jose', 'martins', '529', '111.4'];

function percentile(values, share) {
  const sorted = [...values].sort((x, y) => x - y);
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] * 10) / 10;
}
function figures(values) {
  return { count: values.length, median: percentile(values, 0.5), p95: percentile(values, 0.95), max: percentile(values, 1) };
}
function memory(pid, name) {
  return Number(new RegExp(`${name}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
}

/// From a click on `target` until `selector` is there, in the page's own time.
function clickUntil(page, target, selector) {
  return target.evaluate(
    (element, wanted) =>
      new Promise((resolve) => {
        const begun = performance.now();
        const watcher = new window.MutationObserver(() => {
          if (!document.querySelector(wanted)) return;
          watcher.disconnect();
          // Until it is painted.
          window.requestAnimationFrame(() => resolve(performance.now() - begun));
        });
        watcher.observe(document.body, { childList: true, subtree: true, attributes: true });
        element.click();
      }),
    selector,
  );
}

async function typeAll(page) {
  await page.evaluate(() => {
    window.strokes = [];
    const box = document.getElementById('search');
    box.addEventListener('input', () => {
      const term = box.value;
      const begun = performance.now();
      const watcher = new window.MutationObserver(() => {
        if (document.querySelector('ul.items[data-term]')?.getAttribute('data-term') !== term) return;
        watcher.disconnect();
        window.requestAnimationFrame(() => window.strokes.push(performance.now() - begun));
      });
      watcher.observe(document.body, { childList: true, subtree: true, attributes: true });
    });
  });
  let typed = 0;
  for (const term of TERMS) {
    await page.getByRole('searchbox').fill('');
    for (const key of term) {
      await page.keyboard.type(key);
      typed += 1;
      await eventually('the results are there', () => page.evaluate((n) => window.strokes.length >= n, typed));
    }
  }
  return page.evaluate(() => window.strokes);
}

const world = await World.create();
try {
  const laptop = world.laptop('bench');
  laptop.run(['enroll', world.addDoctor('ana@clinica.test'), '--device-name', 'bench']);
  const people = spawnSync(join(process.env.AUTOCUSTO_PROGRAMS, 'autocusto-synthetic'), ['patients', '--count', String(COUNT)], { encoding: 'utf8', maxBuffer: 512 * 1024 * 1024 });
  laptop.run(['patient', 'save', '--from', '-'], { input: people.stdout });
  laptop.run(['sync']);
  await laptop.startUi();
  const page = await open(laptop, await world.context());
  const unlocks = [];
  for (let i = 0; i < 5; i += 1) {
    await page.getByLabel('Senha deste computador').fill(PASSPHRASE);
    unlocks.push(await clickUntil(page, page.getByRole('button', { name: 'Desbloquear' }), '#search'));
    await home(page);
    if (i < 4) await page.getByRole('button', { name: 'Bloquear' }).click();
  }
  await statusShows(page, 'conectado');
  const searches = await typeAll(page);
  const records = [];
  for (let i = 0; i < 60; i += 1) {
    const found = await search(page, 'a');
    records.push(await clickUntil(page, found.nth(i % (await found.count())), 'input[name=nome_paciente]'));
  }
  const pid = laptop.ui.child.pid;
  console.log(
    JSON.stringify({
      patients: COUNT,
      unlock_ms: figures(unlocks),
      search_ms: figures(searches),
      record_ms: figures(records),
      memory_kib: { resident: memory(pid, 'VmRSS'), peak: memory(pid, 'VmHWM') },
    }),
  );
} finally {
  await world.close();
}
