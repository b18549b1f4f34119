import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Frame, Page } from 'playwright-core'
import { eventually } from './world.ts'

/** A script that a browser ran: where it came from, and the hash of its text. */
export type RunScript = { url: string; integrity: string }

/**
 * Listens for every script of a page and its frames that reaches the JavaScript engine, inline ones included. The frames
 * of our pages share the page's process, since a site is a host without its port.
 */
export async function watchScripts(page: Page): Promise<{ list(): Promise<RunScript[]> }> {
  const session = await page.context().newCDPSession(page)
  const ran: Promise<RunScript>[] = []
  session.on('Debugger.scriptParsed', ({ url, scriptId }) => {
    // The test's own evaluations have no address of the web.
    if (!/^(https?|blob|data|javascript):/.test(url)) return
    // Asked for at once: a page that reloads itself takes its scripts along. What cannot be read is no text of ours.
    const source = session.send('Debugger.getScriptSource', { scriptId }).then(
      ({ scriptSource }) => hashOf(scriptSource),
      () => 'a text that could not be read',
    )
    ran.push(source.then((integrity) => ({ url, integrity })))
  })
  await session.send('Debugger.enable')
  return { list: () => Promise.all(ran) }
}

/** What a foreign script does when it runs: it leaves its mark. */
const markOf = (name: string) =>
  `(document.documentElement.dataset.foreign ??= "", document.documentElement.dataset.foreign += " ${name} ")`

/** Ways to bring a foreign script into a page whose headers cannot be changed. */
const plants = {
  inline: (mark) => `<script>${mark}</script>`,
  inline_module: (mark) => `<script type="module">${mark}</script>`,
  other_origin: (_mark, foreign) => `<script src="${foreign}/foreign.js?other_origin"></script>`,
  other_origin_with_hash: (_mark, foreign) =>
    `<script src="${foreign}/foreign.js?other_origin_with_hash" integrity="${hashOf(markOf('other_origin_with_hash'))}" crossorigin="anonymous"></script>`,
  other_file_of_the_origin: () => '<script src="/foreign.js?other_file_of_the_origin"></script>',
  event_handler: (mark) => `<img src="data:image/png;base64,broken" onerror='${mark}'>`,
  frame_of_text: (mark) => `<iframe srcdoc='<script>with (parent) { ${mark} }</script>'></iframe>`,
  frame_of_script: (mark) => `<iframe src='javascript:with (parent) { ${mark} }'></iframe>`,
  map_of_imports: (_mark, foreign) =>
    `<script type="importmap">{"imports": {"/assets/pages/browser/card-inputs.ts": "${foreign}/foreign.js?map_of_imports"}}</script>`,
  // The last one, since it would lead the addresses after it elsewhere.
  base: (_mark, foreign) => `<base href="${foreign}/">`,
} as const satisfies Record<string, (mark: string, foreign: string) => string>
export type Plant = keyof typeof plants
export const plantNames = Object.keys(plants) as Plant[]

export function plantTags(plant: Plant, foreign: string): string {
  return plants[plant](markOf(plant), foreign)
}

/**
 * Opens an address whose answer is changed on its way: every planted tag stands in the page. `withoutGuards` takes
 * policy and hashes away, as a control: then the tags must do their work, or their failing shows nothing.
 */
export async function openPlanted(page: Page, url: string, foreign: string, withoutGuards = false): Promise<void> {
  await page.route('**/foreign.js?*', (route) => {
    const name = new URL(route.request().url()).search.slice(1)
    const headers = { 'access-control-allow-origin': '*' }
    return route.fulfill({ contentType: 'text/javascript', headers, body: markOf(name) })
  })
  await page.route(url, async (route) => {
    // What the page posts is for whoever opened it.
    if (route.request().method() !== 'GET') return route.fallback()
    const response = await route.fetch({ maxRedirects: 0 })
    const headers = response.headers()
    if (withoutGuards) delete headers['content-security-policy']
    const tags = plantNames.map((plant) => plantTags(plant, foreign)).join('')
    const text = (await response.text()).replace('</body>', () => `${tags}</body>`)
    const body = withoutGuards ? text.replaceAll(/ integrity="[^"]*"/g, '') : text
    await route.fulfill({ response, headers, body })
  })
  // A page that posts itself may never be loaded.
  await page.goto(url, { waitUntil: 'commit' })
}

/** Changes one file on its way to the browser, and leaves its address and all else as they are. */
export async function tamper(page: Page, path: string): Promise<void> {
  await page.route(`**${path}`, async (route) => {
    const response = await route.fetch()
    await route.fulfill({ response, body: `${await response.text()}\n;${markOf('changed')}\n` })
  })
}

/** Which foreign scripts have run. */
export async function listForeignScripts(page: Page | Frame): Promise<string[]> {
  const marks = await page.evaluate<string>(`document.documentElement.dataset.foreign ?? ''`)
  return marks.split(/\s+/).filter((name) => name !== '')
}

/** Waits until the whole page was read, and a moment more, in which what it loads could run. */
export async function waitUntilRead(page: Page | Frame): Promise<void> {
  await eventually('a page that is read', () => page.evaluate<boolean>(`document.readyState !== 'loading'`))
  await sleep(250)
}

function hashOf(text: string): string {
  return `sha384-${createHash('sha384').update(text).digest('base64')}`
}
