// The secret of this tab's session, which every call carries in a header. It lives in `sessionStorage`:
// that belongs to one tab and one origin, port included, and survives a reload. No cookie is used,
// because browsers send cookies to every port of a host.
const PLACE = 'autocusto.session';

export function secret(): string {
  try {
    return sessionStorage.getItem(PLACE) ?? '';
  } catch {
    return kept;
  }
}

let kept = '';

export function keepSecret(text: string): void {
  kept = text;
  try {
    sessionStorage.setItem(PLACE, text);
  } catch {
    // no storage: good until the page is loaded again
  }
}
