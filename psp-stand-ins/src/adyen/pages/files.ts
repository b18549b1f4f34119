import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { contentTypes, makeServedFile, type ServedFile, type ServedPage } from '@fincore/api-contract/served-pages'
import type { FastifyInstance } from 'fastify'

/** Scripts lie below `/assets` as they lie in `src/adyen`, so that their imports find each other; types are stripped once, here. */
const scripts = {
  cardBrands: makeScript('card-brands.ts', 'imported script', 'Tells the brand and the length of a card number.'),
  encryptField: makeScript('pages/browser/encrypt-field.ts', 'imported script', 'Encrypts one field of a card.'),
  securedField: makeScript(
    'pages/browser/secured-field.ts',
    'script',
    'Checks and encrypts what is typed into a field.',
  ),
}
const pageStyle = makeStyle('/assets/page.css', 'pages/page.css', 'How the pages look.')
const fieldStyle = makeStyle('/assets/field.css', 'pages/field.css', 'How a field looks in its frame.')

/** What a merchant's page loads instead of Adyen Web. */
export const adyenWeb = {
  script: makeServedFile({
    kind: 'script',
    path: '/adyen-web/adyen.js',
    body: `(() => {
${stripTypeScriptTypes(read('pages/browser/adyen-web.ts'))}
})()
`,
    why: 'The part of Adyen Web that draws card fields.',
  }),
  style: makeStyle('/adyen-web/adyen.css', 'pages/adyen-web.css', 'How the frames of the fields fit.'),
}

export const pages = {
  link: {
    name: 'payment link',
    shows: 'The hosted payment page: takes a card',
    addresses: ['/{link}'],
    files: [pageStyle],
  },
  challenge: {
    name: '3-D Secure',
    shows: 'The bank’s 3-D Secure page',
    addresses: ['/checkoutshopper/threeDS/redirect'],
    files: [pageStyle],
  },
  message: {
    name: 'message',
    shows: 'One sentence: paid, expired, unknown',
    addresses: ['/*'],
    files: [pageStyle],
  },
  securedField: {
    name: 'secured field',
    shows: 'One field of a card, in a frame of the merchant’s page',
    addresses: ['/adyen-web/securedFields.html'],
    files: [fieldStyle, ...Object.values(scripts)],
  },
} as const satisfies Record<string, ServedPage>

function read(path: string): string {
  return readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')
}

function makeScript(file: string, kind: ServedFile['kind'], why: string): ServedFile {
  return makeServedFile({ kind, path: `/assets/${file}`, body: stripTypeScriptTypes(read(file)), why })
}

function makeStyle(path: string, file: string, why: string): ServedFile {
  return makeServedFile({ kind: 'style', path, body: read(file), why })
}

/** Serves style sheets and scripts. Those of Adyen Web may be loaded by any origin, as from a CDN. */
export function registerFiles(app: FastifyInstance): void {
  for (const { path, kind, body } of [pageStyle, fieldStyle, ...Object.values(scripts), ...Object.values(adyenWeb)]) {
    app.get(path, async (_request, reply) => {
      if (path.startsWith('/adyen-web/'))
        reply.header('access-control-allow-origin', '*').header('cross-origin-resource-policy', 'cross-origin')
      return reply
        .type(contentTypes[kind])
        .header('cache-control', 'no-cache')
        .header('x-content-type-options', 'nosniff')
        .send(body)
    })
  }
  app.get('/adyen-web/integrity.json', async () => ({
    script: adyenWeb.script.integrity,
    style: adyenWeb.style.integrity,
  }))
}
