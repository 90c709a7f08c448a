// The language of the page: Brazilian Portuguese unless the doctor has switched to English. The
// choice is kept in the browser (it says nothing about anybody).
export type Language = 'pt' | 'en';

const PLACE = 'autocusto.language';
let now: Language = 'pt';

export function language(): Language {
  return now;
}

export function loadLanguage(): void {
  try {
    if (localStorage.getItem(PLACE) === 'en') now = 'en';
  } catch {
    // no storage: Portuguese
  }
  document.documentElement.lang = now === 'en' ? 'en' : 'pt-BR';
}

export function setLanguage(to: Language): void {
  now = to;
  document.documentElement.lang = to === 'en' ? 'en' : 'pt-BR';
  try {
    localStorage.setItem(PLACE, to);
  } catch {
    // only for this time, then
  }
}
