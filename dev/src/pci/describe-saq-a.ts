import { type DocPage, table } from '../doc-page.ts'
import { sites } from './page-manifest.ts'

/** `docs/pci/saq-a.md`: the confirmation that a merchant with embedded fields needs, and what it rests on. */
export function describeSaqA(): DocPage {
  const sdk = sites
    .flatMap(({ pages }) => pages)
    .flatMap(({ files }) => files)
    .find(({ path }) => path.startsWith('/sdk/'))
  if (sdk === undefined) throw new Error('The manifest has no SDK')
  return {
    path: 'docs/pci/saq-a.md',
    source: 'dev/src/pci/describe-saq-a.ts and the manifest of scripts',
    title: 'SAQ A with embedded card fields',
    text: [
      'Since 31 March 2025 a merchant with SAQ A confirms that its site is not susceptible to attacks from scripts that could affect its e-commerce',
      'systems. That is asked of pages with embedded fields. It is not asked of the hosted redirect, which puts no FinCore script on a merchant’s page.',
      'A merchant may rest on its provider’s written confirmation, together with following the provider’s instructions.',
      '',
      '## What FinCore confirms, and on what basis',
      '',
      'The operator signs this for the version that it deploys, after `npm run pci:evidence` for that version has passed:',
      '',
      '> When the SDK below is embedded as its instructions say, the card’s number and code are typed into frames of the PSP’s origin. Scripts of the',
      '> merchant’s page cannot read them: browsers keep origins apart. The SDK has no path by which a card enters the merchant’s page or FinCore.',
      '',
      table(
        ['Claim', 'Basis'],
        [
          [
            'The card goes to the PSP and to nobody else',
            '`end-to-end/src/sdk-payment.test.ts`, with all of a browser’s traffic: succeeds; the card number goes to the PSP and to nobody else',
          ],
          [
            'Only the very frame that was made, while it shows the PSP, is believed',
            '`browser-sdk/src/fincore.test.ts`: a token counts only from the very frame while it shows the PSP',
          ],
          [
            'The SDK is this text and no other',
            `SRI hash \`${sdk.integrity}\` of \`${sdk.path}\`, made from \`browser-sdk/src\` by its \`build.ts\` and imports nothing`,
          ],
          [
            'A PSP’s script comes from that PSP’s own origin, Adyen’s with the hash that Adyen publishes',
            '`browser-sdk/src/psp-scripts.test.ts`: a script is loaded from nowhere but the PSP',
          ],
          [
            'A foreign script does not run in a page that follows the instructions',
            '`end-to-end/src/page-scripts.test.ts` on the demo shop’s checkout',
          ],
          ['The card fields themselves', 'the PSP’s own attestation: they are its page. The sandbox PSP is for tests'],
        ],
      ),
      '',
      '## What the merchant does',
      '',
      '- Takes the SDK from FinCore’s API, or serves its file itself, with the hash above ([both ways](../card-fields.md#load-the-sdk)).',
      "- Sends a Content-Security-Policy: `default-src 'none'`, `script-src` with the addresses of its own scripts and of the SDK, `connect-src` with FinCore’s origin,",
      "  beside them what [the PSP’s fields need](../card-fields.md#what-the-page-must-allow) and nothing else, `base-uri 'none'`, no `unsafe-inline`, no",
      '  `unsafe-eval`. The demo shop’s checkout is an example that is tested.',
      '- Keeps an inventory of its page’s scripts, the PSP’s among them, with a reason for each (6.4.3), and watches the page for changes at least weekly (11.6.1).',
      '',
      '## Its limit',
      '',
      'A script that runs in the merchant’s page can put a false form where the frame is, and ask the shopper for the card. No SDK can prevent that; the policy',
      'above and the merchant’s watch over its scripts do. That is why the confirmation holds only for pages that follow the instructions.',
    ].join('\n'),
  }
}
