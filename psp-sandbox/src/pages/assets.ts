import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { contentTypes, makeServedFile, type ServedFile, type ServedPage } from '@fincore/api-contract/served-pages'
import type { PagesApp } from './pages-app.ts'

/**
 * Every script that a page loads. They lie below `/assets` as they lie in `src`, so that their imports find each other;
 * their types are stripped once, when somebody first asks: that takes a tenth of a start.
 */
const scripts = {
  cardBrands: makeScript('card-brands.ts', 'imported script', 'Tells the brand and the length of a card number.'),
  cardInputs: makeScript('pages/browser/card-inputs.ts', 'imported script', 'Formats and checks the card’s inputs.'),
  checkout: makeScript('pages/browser/checkout.ts', 'script', 'Checks the form before it is sent, and sends it once.'),
  checkAgain: makeScript('pages/browser/check-again.ts', 'script', 'Looks again while the bank is slow.'),
  fieldStyles: makeScript(
    'pages/browser/field-styles.ts',
    'imported script',
    'Gives the fields the colours, sizes and font of the merchant’s page.',
  ),
  fields: makeScript(
    'pages/browser/fields.ts',
    'script',
    'Makes a token of the card, and tells the merchant’s page, and no other, when it is there.',
  ),
}
const styles = makeServedFile({
  kind: 'style',
  path: '/assets/style.css',
  body: read('pages/style.css'),
  why: 'How the pages look.',
})

export const pages = {
  reference: {
    name: 'reference',
    shows: 'What the sandbox PSP can do',
    addresses: ['/'],
    files: [styles],
  },
  checkout: {
    name: 'checkout',
    shows: 'The hosted payment page: takes a card',
    addresses: ['/checkout/{secret}'],
    files: [styles, scripts.cardBrands, scripts.cardInputs, scripts.checkout],
  },
  waiting: {
    name: 'checkout that waits',
    shows: 'The hosted page while the bank is slow',
    addresses: ['/checkout/{secret}'],
    files: [styles, scripts.checkAgain],
  },
  fields: {
    name: 'card fields',
    shows: 'The card’s inputs, in a frame of the merchant’s page: takes a card',
    addresses: ['/fields'],
    files: [styles, scripts.cardBrands, scripts.cardInputs, scripts.fieldStyles, scripts.fields],
  },
  challenge: {
    name: 'challenge',
    shows: 'The bank’s 3-D Secure page',
    addresses: ['/challenge/{secret}'],
    files: [styles],
  },
  message: {
    name: 'message',
    shows: 'One sentence: paid, expired, unknown',
    addresses: ['/*'],
    files: [styles],
  },
} as const satisfies Record<string, ServedPage>

function read(path: string): string {
  return readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')
}

function makeScript(file: string, kind: ServedFile['kind'], why: string): ServedFile {
  return makeServedFile({ kind, path: `/assets/${file}`, body: () => stripTypeScriptTypes(read(file)), why })
}

/** Serves the style sheet and the scripts. */
export function registerAssets(app: PagesApp): void {
  for (const file of [styles, ...Object.values(scripts)]) {
    app.get(file.path, async (_request, reply) =>
      reply
        .type(contentTypes[file.kind])
        .header('cache-control', 'no-cache')
        .header('x-content-type-options', 'nosniff')
        .send(file.body),
    )
  }
}
