import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { makeServedFile, type ServedFile, type ServedPage } from '@fincore/api-contract/served-pages'
import { readSdkScript } from '@fincore/browser/script'

const sheets = ['base', 'range', 'checkout', 'order', 'hood', 'motion']

const styles = makeServedFile({
  kind: 'style',
  path: '/shop.css',
  body: sheets.map((name) => read(`styles/${name}.css`)).join('\n'),
  why: 'How the shop looks.',
})
/** The SDK of `@fincore/browser`, as any merchant serves it. */
const sdk = makeServedFile({
  kind: 'imported script',
  path: '/fincore.js',
  body: readSdkScript(),
  why: 'Draws the PSP’s card fields, which stand in frames of the PSP, and hands over their token.',
})
const checkoutScript = makePageScript(
  'checkout',
  'Shows the fields of the chosen way to pay, and sends the form once however often it is pressed.',
)
const orderScript = makePageScript('order', 'Draws the order anew when the shop’s server learns something of it.')

export const servedFiles: readonly ServedFile[] = [styles, sdk, checkoutScript, orderScript]

export const pages = {
  checkout: {
    name: 'checkout',
    shows:
      'The ways to pay; the PSP’s card fields stand in frames of the PSP, drawn by its own script where it demands so',
    addresses: ['/checkout/{product}'],
    files: [styles, sdk, checkoutScript],
  },
  order: {
    name: 'order',
    shows: 'What became of an order',
    addresses: ['/orders/{order}'],
    files: [styles, orderScript],
  },
  plain: {
    name: 'shop page',
    shows: 'Everything else',
    addresses: ['/*'],
    files: [styles],
  },
} as const satisfies Record<string, ServedPage>

/** A page's own script names the SDK by the path that it has here. */
function makePageScript(name: string, why: string): ServedFile {
  const body = stripTypeScriptTypes(read(`browser/${name}.ts`)).replaceAll(`'@fincore/browser'`, `'/fincore.js'`)
  return makeServedFile({ kind: 'script', path: `/scripts/${name}.js`, body, why })
}

function read(path: string): string {
  return readFileSync(new URL(path, import.meta.url), 'utf8')
}
