import { createHash } from 'node:crypto'

/**
 * What a page of ours loads. Each server has one table of its pages; their tags, their Content-Security-Policy, the
 * manifest in docs/pci/scripts.md and the check of a running deployment all come from it (PCI DSS 6.4.3, 11.6.1).
 */

/**
 * `script`: a module. `imported script`: a module that another one imports; browsers check only what a tag names, so it
 * has a tag, too. `plain script`: one that is no module, and runs before those that are.
 */
export type FileKind = 'style' | 'plain script' | 'script' | 'imported script'

export type ServedFile = {
  kind: FileKind
  /** Its path under the origin of the page, or of `origin`. */
  path: string
  /** Of a plain script that the page's own server does not serve; `{api}` stands for FinCore's API until `locateFiles`. */
  origin?: string
  body: string
  /** Subresource integrity: the body's SHA-384, so that a browser runs this very text or nothing. */
  integrity: string
  /** Why the page needs it. */
  why: string
}

export type ServedPage = {
  name: string
  /** What a shopper or a developer sees there. */
  shows: string
  /** Its paths; `{…}` stands for one part, and a final `*` for any rest. */
  addresses: readonly string[]
  files: readonly ServedFile[]
  /** A style sheet that stands in the page itself. */
  inlineStyle?: string
}

/** What `makeServedFile` makes a file of. A body that takes long to make is made when it is first asked for. */
type FileToServe = Omit<ServedFile, 'integrity' | 'body'> & { body: string | (() => string) }

export function makeServedFile({ body: given, ...file }: FileToServe): ServedFile {
  let body = typeof given === 'string' ? given : undefined
  let integrity: string | undefined
  return {
    ...file,
    get body() {
      body ??= typeof given === 'string' ? given : given()
      return body
    },
    get integrity() {
      integrity ??= `sha384-${createHash('sha384').update(this.body).digest('base64')}`
      return integrity
    },
  }
}

export const contentTypes: Readonly<Record<FileKind, string>> = {
  style: 'text/css; charset=utf-8',
  'plain script': 'text/javascript; charset=utf-8',
  script: 'text/javascript; charset=utf-8',
  'imported script': 'text/javascript; charset=utf-8',
}

/** The page with its files of FinCore's API where that API is. @param api its origin */
export function locateFiles(page: ServedPage, api: string): ServedPage {
  return { ...page, files: page.files.map((file) => (file.origin === '{api}' ? { ...file, origin: api } : file)) }
}

/** The tags of a page's head, as HTML. A preloaded module is checked once, and imported from there. */
export function renderFileTags({ files }: Pick<ServedPage, 'files'>): { readonly html: string } {
  const tags: Record<FileKind, (file: ServedFile) => string> = {
    style: ({ path, integrity }) => `<link rel="stylesheet" href="${path}" integrity="${integrity}">`,
    'imported script': ({ path, integrity }) => `<link rel="modulepreload" href="${path}" integrity="${integrity}">`,
    'plain script': ({ path, origin = '', integrity }) =>
      `<script src="${origin}${path}" integrity="${integrity}" crossorigin="anonymous"></script>`,
    script: ({ path, integrity }) => `<script type="module" src="${path}" integrity="${integrity}"></script>`,
  }
  const order: readonly FileKind[] = ['style', 'imported script', 'plain script', 'script']
  const inOrder = order.flatMap((kind) => files.filter((file) => file.kind === kind))
  return { html: inOrder.map((file) => tags[file.kind](file)).join('\n') }
}

/** What a page's own table does not say: whom it may talk to, and who may frame it. */
export type FurtherDirectives = Readonly<
  { 'form-action': string; 'frame-ancestors': string } & Partial<
    Record<'img-src' | 'connect-src' | 'frame-src', string>
  > & {
      /** Scripts of others beside its own, such as that of the PSP whose card fields it shows. */
      'script-src'?: readonly string[]
    }
>

/**
 * The Content-Security-Policy of a page: nothing but what is listed. Scripts and styles are allowed one by one, by their
 * whole address, so that no other file of the same origin can be made to run either.
 *
 * @param origin where browsers find the page; without a scheme (`shop.example:4300`) it means that of the page.
 */
export function makePolicy(page: ServedPage, origin: string, further: FurtherDirectives): string {
  const fixed = describeFixedDirectives(page, origin)
  const { 'script-src': others = [], ...rest } = further
  const scripts = [fixed['script-src'], ...others].filter((source) => others.length === 0 || source !== `'none'`)
  const directives = { ...fixed, 'script-src': scripts.join(' '), ...rest }
  return Object.entries(directives)
    .map(([name, value]) => `${name} ${value}`)
    .join('; ')
}

/** The directives that follow from the page's table alone. What `default-src` forbids, objects included, stays forbidden. */
export function describeFixedDirectives(page: ServedPage, origin: string): Record<string, string> {
  const addressesOf = (...kinds: FileKind[]) =>
    page.files.filter(({ kind }) => kinds.includes(kind)).map((file) => (file.origin ?? origin) + file.path)
  const inline = page.inlineStyle === undefined ? [] : [`'sha256-${digestOf(page.inlineStyle)}'`]
  const list = (sources: string[]) => (sources.length === 0 ? `'none'` : sources.join(' '))
  return {
    'default-src': `'none'`,
    'script-src': list(addressesOf('plain script', 'script', 'imported script')),
    'style-src': list([...addressesOf('style'), ...inline]),
    'base-uri': `'none'`,
  }
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('base64')
}

/**
 * The host that a browser asked for, as an origin of a policy. A `Host` that is no host allows nothing, since what
 * stands in it must not write the policy. Nor is one given back that has more digits in a row than any real host.
 */
export function readHost(host = ''): string {
  const isHost = /^(\[[\da-f:]+\]|[a-z\d.-]+)(:\d{1,5})?$/i.test(host) && !/\d{7}/.test(host)
  return isHost ? host : 'none.invalid'
}
