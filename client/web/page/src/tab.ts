// What belongs to this tab alone. It lives in `sessionStorage`: that belongs to one tab and one origin, port
// included, and survives a reload. No cookie is used, because browsers send cookies to every port of a host.
const PLACE = 'autocusto.session';
const NAME = 'autocusto.tab';

function read(place: string): string {
  try {
    return sessionStorage.getItem(place) ?? '';
  } catch {
    return '';
  }
}
function write(place: string, text: string): void {
  try {
    sessionStorage.setItem(place, text);
  } catch {
    // no storage: good until the page is loaded again
  }
}

export function randomName(): string {
  return [...crypto.getRandomValues(new Uint32Array(3))].map((n) => n.toString(36)).join('');
}

let name = '';
/// A name of this tab, made up at the first asking; it says nothing about anybody.
export function tabName(): string {
  name ||= read(NAME);
  if (name === '') {
    name = randomName();
    write(NAME, name);
  }
  return name;
}

let kept = '';
/// The secret of this tab's session, which every call carries in a header.
export function secret(): string {
  return read(PLACE) || kept;
}
export function keepSecret(text: string): void {
  kept = text;
  write(PLACE, text);
}
