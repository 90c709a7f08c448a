// The doctors' guide in Portuguese as a list of steps: what it writes *so* stands on the page in the same
// words, its pictures are taken on the way, and what it puts in “quotation marks” the page says somewhere.
import { readFileSync } from 'node:fs';

const STEP = /!\[[^\]]*\]\(imagens\/([\w-]+\.png)\)|(?<![*\w])\*(?=[^\s*])([^*]+?)(?<!\s)\*(?!\*)|“([^”]+)”/g;

/// By section: `{ picture }`, `{ label }` or `{ quote }`, in the order of the text.
export function readGuide() {
  const text = readFileSync(new URL('../../../../docs/guides/medicos.md', import.meta.url), 'utf8');
  const sections = new Map();
  for (const part of text.split(/^## /m).slice(1)) {
    const [title, ...lines] = part.split('\n');
    const steps = [...lines.join('\n').matchAll(STEP)].map(([, picture, label, quote]) =>
      picture ? { picture } : label ? { label: label.replace(/\s+/g, ' ') } : { quote: quote.replace(/\s+/g, ' ') },
    );
    sections.set(title, steps);
  }
  return sections;
}

/// What the page says in Portuguese.
export function pageTexts() {
  return ['general', 'records', 'sync', 'help'].map((name) => readFileSync(new URL(`../src/texts/${name}.ts`, import.meta.url), 'utf8')).join('\n');
}

const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace('…', '.+');
const whole = (label) => new RegExp(`^${escaped(label)}$`);

/// Presses what has exactly this name.
export async function press(page, label) {
  const named = { name: whole(label) };
  await page.getByRole('button', named).or(page.getByRole('link', named)).or(page.getByRole('radio', named)).first().click();
}

/// Only looks for it.
export async function see(page, label) {
  await page.getByText(whole(label)).locator('visible=true').first().waitFor();
}

/// Types into the field of this name.
export function type(value) {
  return (page, label) =>
    page.getByLabel(new RegExp(`^${escaped(label)}( \\(obrigatório\\))?\\s*$`)).and(page.locator('input')).fill(value);
}
