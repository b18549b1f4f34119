/**
 * Finds every page of a site that is linked from one of its pages, from the first on: the paths of all that answer with
 * HTML, in the order in which they are found.
 *
 * @param below what a path must begin with to be followed
 * @param fetchHtml the text of a path's page; null for what is no page
 */
export async function findLinkedPages(
  below: string,
  fetchHtml: (path: string) => Promise<string | null>,
): Promise<string[]> {
  const found = new Map<string, boolean>()
  const waiting = [below]
  for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
    if (found.has(path)) continue
    const text = await fetchHtml(path)
    found.set(path, text !== null)
    for (const [, href = ''] of (text ?? '').matchAll(/<a [^>]*href="([^"]+)"/g)) {
      const { origin, pathname } = new URL(href, `http://site.invalid${path}`)
      if (origin === 'http://site.invalid' && `${pathname}/`.startsWith(`${below}/`)) waiting.push(pathname)
    }
  }
  return [...found].filter(([, isPage]) => isPage).map(([path]) => path)
}
