import { createHash } from 'node:crypto'
import {
  describeFixedDirectives,
  locateFiles,
  renderFileTags,
  type ServedFile,
  type ServedPage,
} from '@fincore/api-contract/served-pages'
import { findPages } from './page-manifest.ts'

/** What was found at an address: the page of the manifest that it fits best, and what differs from it. */
export type PageFinding = { url: string; page: string | null; faults: string[] }

export type FetchPage = (url: string) => Promise<Response>

const timeoutMs = 15_000
/** Ours have a tenth of it. */
const maxBytes = 1_048_576

/** As a browser without cookies would. A redirect is no page, and is not followed. */
export const fetchPage: FetchPage = (url) =>
  fetch(url, { redirect: 'manual', headers: { accept: 'text/html,*/*' }, signal: AbortSignal.timeout(timeoutMs) })

/** Compares a page, as it is served, with the manifest: its policy, its tags, and every file that it loads. */
export async function comparePage(url: string, fetchIt: FetchPage = fetchPage): Promise<PageFinding> {
  const { pathname } = new URL(url)
  const response = await fetchIt(url)
  const text = await readText(response)
  if (text === null) return { url, page: null, faults: [`${pathname} is larger than ${maxBytes} bytes`] }
  const candidates = findPages(pathname).map(({ site, page }) => ({ site, page: locateFiles(page, findApi(text)) }))
  const compared = candidates.map(({ site, page }) => ({
    name: `${site.name}: ${page.name}`,
    page,
    faults: [...compareHeaders(response, page, url), ...compareTags(text, page)],
  }))
  const best = compared.sort((a, b) => a.faults.length - b.faults.length)[0]
  if (best === undefined) return { url, page: null, faults: [`${pathname} is no page of the manifest`] }
  const files = await Promise.all(
    best.page.files.map((file) => compareFile(new URL((file.origin ?? '') + file.path, url).href, file, fetchIt)),
  )
  return { url, page: best.name, faults: [...best.faults, ...files.flat()] }
}

/** Where the page finds FinCore's API: its tag says so. Wherever that is, the tag's hash says what may come from there. */
function findApi(text: string): string {
  return /<script src="(https?:\/\/[^"/]+)\/sdk\//.exec(text)?.[1] ?? 'https://no-api.invalid'
}

function compareHeaders(response: Response, page: ServedPage, url: string): string[] {
  const { origin, host } = new URL(url)
  const faults: string[] = []
  if (!response.headers.get('content-type')?.startsWith('text/html'))
    faults.push(`it answered ${response.status} without HTML`)
  if (response.headers.get('x-content-type-options') !== 'nosniff') faults.push('x-content-type-options is not nosniff')
  const directives = parsePolicy(response.headers.get('content-security-policy') ?? '')
  const wanted = [origin, host].map((own) => Object.entries(describeFixedDirectives(page, own)))
  const differing = wanted.map((fixed) => fixed.filter(([name, value]) => directives.get(name) !== value))
  const fewest = differing.sort((a, b) => a.length - b.length)[0] ?? []
  for (const [name, value] of fewest) faults.push(`the policy should say ${name} ${value}`)
  for (const name of ['form-action', 'frame-ancestors']) {
    if (!directives.has(name)) faults.push(`the policy has no ${name}`)
  }
  const known = new Set(['form-action', 'frame-ancestors', 'img-src', 'connect-src', 'frame-src', ...fewestNames(page)])
  for (const [name, value] of directives) {
    if (!known.has(name) || value.includes('unsafe') || / \*( |$)/.test(` ${value}`))
      faults.push(`the policy opens ${name}`)
  }
  return faults
}

function fewestNames(page: ServedPage): string[] {
  return Object.keys(describeFixedDirectives(page, ''))
}

/** By the rule of browsers, the first of two directives of one name counts. */
function parsePolicy(header: string): Map<string, string> {
  const directives = new Map<string, string>()
  for (const part of header.split(';')) {
    const [name = '', ...values] = part.trim().split(/\s+/)
    if (name !== '' && !directives.has(name.toLowerCase())) directives.set(name.toLowerCase(), values.join(' '))
  }
  return directives
}

/** What would load or run something. Text is escaped in our pages, so a `<` always begins a tag. */
const forbidden =
  /<(script|style|base|iframe|frame|object|embed|applet|template)\b[^>]*>|<link\b[^>]*\brel=(?!["']?icon["' ])[^>]*>|<[a-z][^>]*\s(on[a-z]+|style|srcdoc)\s*=[^>]*>|javascript:/gi

/** The page's own tags must stand in it once, word for word; without them, nothing that loads or runs may be left. */
function compareTags(text: string, page: ServedPage): string[] {
  const own = renderFileTags(page)
    .html.split('\n')
    .filter((tag) => tag !== '')
  if (page.inlineStyle !== undefined) own.push(`<style>${page.inlineStyle}</style>`)
  const faults: string[] = []
  let rest = text
  for (const tag of own) {
    const pieces = rest.split(tag)
    if (pieces.length !== 2) faults.push(`${tag.slice(0, 90)} stands in it ${pieces.length - 1} times`)
    rest = pieces.join('')
  }
  for (const [found] of rest.matchAll(forbidden)) faults.push(`it has ${found.slice(0, 90)}`)
  return faults
}

async function compareFile(url: string, file: ServedFile, fetchIt: FetchPage): Promise<string[]> {
  const response = await fetchIt(url)
  const text = await readText(response)
  const digest = createHash('sha384')
    .update(text ?? '')
    .digest('base64')
  return response.status === 200 && `sha384-${digest}` === file.integrity
    ? []
    : [`${file.path} is not what the manifest says`]
}

/** The body as text; null when it is too large to be ours. */
async function readText(response: Response): Promise<string | null> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response.body ?? []) {
    length += chunk.length
    if (length > maxBytes) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
