// What is done when a file of the screen is there no more.
const anew = 'rollbook.anew';

/**
 * A file of the screen is gone when a new version was deployed since the page came: the
 * page is loaded anew once, if the server is there, and otherwise says what is wrong.
 * Returns whether it is.
 */
export async function loadAnew() {
  try {
    if (Date.now() - Number(sessionStorage.getItem(anew)) < 60_000) return false;
    if (!(await fetch(location.pathname, { method: 'HEAD', cache: 'no-store' })).ok) return false;
    sessionStorage.setItem(anew, String(Date.now()));
    location.reload();
    return true;
  } catch { return false; }
}
