import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { contentTypes, makeServedFile, type ServedFile, type ServedPage } from '@fincore/api-contract/served-pages'
import type { App } from '../../server/server.ts'

const styles = makeAsset('link.css', 'css', { kind: 'style', why: 'How the page looks.' })
const script = makeAsset('browser/open.ts', 'js', {
  kind: 'script',
  why: 'Posts the page’s own form, so that a shopper goes on without a click and a link preview does not.',
})

/** The page that posts itself to its own address. */
export const payPage: ServedPage = {
  name: 'pay',
  shows: 'The payment link before it is used',
  addresses: ['/s/{token}'],
  files: [styles, script],
}
/** Every other page of the link: one sentence, and what to do next. */
export const messagePage: ServedPage = {
  name: 'link message',
  shows: 'The payment link in every other state, and the way back from the PSP',
  addresses: ['/s/{token}', '/s/{token}/return', '/s/{token}/cancel', '/c/{token}/return'],
  files: [styles],
}

/** A file's address carries its content's digest, so that a browser may keep it for good. */
function makeAsset(file: string, ending: string, what: Pick<ServedFile, 'kind' | 'why'>): ServedFile {
  const body = readFileSync(new URL(file, import.meta.url), 'utf8')
  const digest = createHash('sha256').update(body).digest('hex').slice(0, 12)
  const name = file.replace(/^.*\//, '').replace(/\.[a-z]+$/, '')
  return makeServedFile({ ...what, path: `/link-assets/${name}-${digest}.${ending}`, body })
}

export function registerLinkAssets(app: Pick<App, 'get'>): void {
  for (const { path, kind, body } of payPage.files) {
    app.get(path, { config: { access: { by: 'anyone' } } }, async (_request, reply) =>
      reply.type(contentTypes[kind]).header('cache-control', 'public, max-age=31536000, immutable').send(body),
    )
  }
}
