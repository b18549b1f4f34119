import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { makeServedFile, type ServedFile, type ServedPage } from '@fincore/api-contract/served-pages'
import { newestVersion, readSdkFile, sdkPath } from '@fincore/browser/served'

const sheets = ['base', 'range', 'checkout', 'order', 'hood', 'motion']

const styles = makeServedFile({
  kind: 'style',
  path: '/shop.css',
  body: sheets.map((name) => read(`styles/${name}.css`)).join('\n'),
  why: 'How the shop looks.',
})
const { version } = newestVersion()
/**
 * The SDK, as FinCore's API serves it. The shop pins version and hash, so that its shoppers' browsers run this very text
 * or nothing.
 */
const sdk: ServedFile = {
  kind: 'plain script',
  origin: '{api}',
  path: sdkPath(version, 'fincore.js'),
  ...readSdkFile(newestVersion(), 'fincore.js'),
  why: 'Draws the PSP’s card fields, which stand in frames of the PSP, and hands over their token.',
}
const checkoutScript = makePageScript(
  'checkout',
  'Shows the fields of the chosen way to pay, and sends the form once however often it is pressed.',
)
const orderScript = makePageScript('order', 'Draws the order anew when the shop’s server learns something of it.')

/** What the shop serves itself. */
export const servedFiles: readonly ServedFile[] = [styles, checkoutScript, orderScript]

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

function makePageScript(name: string, why: string): ServedFile {
  // Not before somebody asks: the first use of the stripper takes a tenth of a start.
  const body = () => stripTypeScriptTypes(read(`browser/${name}.ts`))
  return makeServedFile({ kind: 'script', path: `/scripts/${name}.js`, body, why })
}

function read(path: string): string {
  return readFileSync(new URL(path, import.meta.url), 'utf8')
}
