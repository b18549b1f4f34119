import { newestVersion, type SdkFileName, sdkPath } from '@fincore/browser/served'
import { describeAdyenFields } from '@fincore/payment-service/psp-gateway/adyen/adyen-web'
import { stripeVersion } from '@fincore/payment-service/psp-gateway/stripe/request'
import { describeStripeFields } from '@fincore/payment-service/psp-gateway/stripe/stripe-js'
import { table } from './doc-page.ts'

/** The addresses that stand in the page’s examples. */
const shop = 'https://shop.example'
const api = 'https://pay.example.com'
const sandbox = 'https://psp.example'
/** A release of Adyen Web, and what stands where its hash belongs. */
const adyenRelease = { version: '6.45.2', integrity: 'sha384-…' }

type Sources = Record<'script_src' | 'frame_src' | 'connect_src' | 'img_src', readonly string[]>
export type PagePolicy = { psp: 'sandbox' | 'stripe' | 'adyen'; name: string; header: string }

/** The whole Content-Security-Policy of a checkout page, for each PSP whose fields stand in it. */
export function listPagePolicies(): PagePolicy[] {
  const stripe = describeStripeFields({ publishableKey: 'pk_live_…', apiVersion: stripeVersion, pagesUrl: null })
  const adyen = describeAdyenFields({ clientKey: 'test_…', environment: 'test', script: adyenRelease })
  const ofSandbox = { script_src: [], frame_src: [sandbox], connect_src: [], img_src: [] }
  return [
    { psp: 'sandbox', name: 'the sandbox PSP', header: makeHeader(ofSandbox) },
    { psp: 'stripe', name: 'Stripe', header: makeHeader(stripe.content_security_policy) },
    { psp: 'adyen', name: 'Adyen, environment `test`', header: makeHeader(adyen.content_security_policy) },
  ]
}

function makeHeader({ script_src, frame_src, connect_src, img_src }: Sources): string {
  const sdk = api + sdkPath(newestVersion().version, 'fincore.js')
  const directives = [
    `default-src 'none'`,
    `script-src ${[`${shop}/checkout.js`, sdk, ...script_src].join(' ')}`,
    `connect-src ${[`${shop}/pay`, api, ...connect_src].join(' ')}`,
    `frame-src ${frame_src.join(' ')}`,
    ...(img_src.length > 0 ? [`img-src ${img_src.join(' ')}`] : []),
    `form-action 'self'`,
    `base-uri 'none'`,
    `frame-ancestors 'none'`,
  ]
  return directives.join(';\n  ')
}

/** `docs/card-fields.md`. */
export function describeCardFields(): string {
  const { version, files } = newestVersion()
  const addressOf = (name: SdkFileName) => api + sdkPath(version, name)
  return `
[\`@fincore/browser\`](../browser-sdk/README.md) draws the fields of whichever PSP the merchant's account is at: a page of the PSP in a frame, or the PSP's own
script. The page calls the same functions for all of them. In each case the card is typed into frames of the PSP's origin, and goes from there to the PSP.

${table(
  ['`fields.kind` in `/v1/client_config`', 'drawn by', 'the token is', 'the card is typed into frames of'],
  [
    [
      '`iframe` (the sandbox)',
      'a page of the PSP, which speaks [messages](#a-psp-that-draws-a-frame)',
      'the PSP’s',
      '`fields.origin`',
    ],
    [
      '`stripe`',
      'Stripe.js: `cardNumber`, `cardExpiry` and `cardCvc` of Elements',
      'a PaymentMethod, `pm_…`',
      '`https://js.stripe.com`',
    ],
    [
      '`adyen`',
      'Adyen Web 6: the Custom Card component',
      '`adyen_…`: the four encrypted fields, which only Adyen can open, with what the browser says of itself',
      '`https://checkoutshopper-….adyen.com`',
    ],
  ],
)}

The fields of \`stripe\` and \`adyen\` stand in labelled boxes that the SDK draws, so they look like the sandbox's. What stands inside is the PSP's, in the languages
that it has. Stripe's saved-card button (Link) is off. Adyen Web's statistics and risk data are off, but for the number of the visit that it always asks for. Adyen's
fields do not tell the expiry date, so \`exp_month\` and \`exp_year\` of its token are \`null\`; the charge has them. Brands of Adyen are the international ones; a brand
that shares a card with another (Cartes Bancaires, Bancontact) would need a choice by the shopper, and is taken as the other.

## Load the SDK

FinCore's API serves it. What stands at an address with a version never changes, so pin the hash: a browser then runs this very text or nothing.
\`GET /sdk/versions.json\` lists all versions that are served with their hashes. This one is ${version}.

${table(
  ['File', 'for', 'bytes, gzipped', '`integrity`'],
  [
    [
      `\`${sdkPath(version, 'fincore.js')}\``,
      'a script tag: `window.Fincore.load`',
      String(files['fincore.js'].gzipped),
      `\`${files['fincore.js'].integrity}\``,
    ],
    [
      `\`${sdkPath(version, 'fincore.mjs')}\``,
      '`import { loadFincore }`',
      String(files['fincore.mjs'].gzipped),
      `\`${files['fincore.mjs'].integrity}\``,
    ],
  ],
)}

By script:

\`\`\`html
<script src="${addressOf('fincore.js')}" integrity="${files['fincore.js'].integrity}" crossorigin="anonymous"></script>
\`\`\`

By import. The tag must stand before the first module that imports it; browsers of before 2024 import it without looking at the hash.

\`\`\`html
<link rel="modulepreload" href="${addressOf('fincore.mjs')}" integrity="${files['fincore.mjs'].integrity}" crossorigin="anonymous">
<script type="module">
  import { loadFincore } from '${addressOf('fincore.mjs')}'
</script>
\`\`\`

With a bundler: \`import { loadFincore } from '@fincore/browser'\`, types included. The package is in no registry; it is the folder \`browser-sdk/\`
(\`npm install ./fincore/browser-sdk\`). [A React component](../browser-sdk/examples/react/card-fields.tsx) is an example that is tested.

## Styles

\`mountCardFields(element, { theme, styles })\`. \`theme\` is \`light\` or \`dark\`; \`styles\` says what differs from it. Nothing else can be styled, since these are all that
every PSP takes: the sandbox's frame by message, Stripe's as its \`style\` object, Adyen's as its \`styles\`. A style that is none is a \`TypeError\`.

${table(
  ['Style', 'is', 'by default, light'],
  [
    ['`textColor`', 'a colour: `#1c2127`, `rgb(…)` or `hsl(…)`', '`#1c2127`'],
    ['`placeholderColor`', 'what stands in an empty field, and the brand', '`#59626d`'],
    ['`backgroundColor`', 'of a field', '`#ffffff`'],
    ['`borderColor`', 'of a field', '`#868d96`'],
    ['`focusColor`', 'the ring of the field with the focus', '`#2c4ad0`'],
    ['`errorColor`', 'what is wrong, and the border of the field at fault', '`#a8201a`'],
    ['`fontFamily`', 'fonts of the shopper’s device; a web font does not reach into a PSP’s frame', 'the page’s own'],
    ['`fontSize`', '12 to 24 pixels; phones zoom into fields below 16', '16'],
    ['`borderRadius`', '0 to 24 pixels', '10'],
    ['`spacing`', 'between the fields, 0 to 32 pixels', '14'],
  ],
)}

The defaults have the contrast of WCAG 2.2 AA; that of your own colours is yours to see to. Around Stripe's and Adyen's inputs stand the classes \`fincore-fields\`,
\`fincore-field\`, \`fincore-label\`, \`fincore-name\`, \`fincore-brand\`, \`fincore-input\` and \`fincore-problem\`.

## Events

\`onReady()\` when the shopper can type. \`onFocus\`, \`onBlur\` and \`onChange\` with what is known of a field:

\`\`\`json
{"field": "number", "state": "invalid", "message": "Check the card number.", "complete": false, "brand": "visa"}
\`\`\`

${table(
  ['`state`', 'means'],
  [
    ['`empty`', 'nothing is typed'],
    ['`incomplete`', 'what is typed so far can still become right'],
    ['`invalid`', 'it cannot'],
    ['`complete`', 'it is right, as far as the browser can tell'],
  ],
)}

\`message\` is what the shopper is told beside the field, \`null\` while that is nothing: nobody is told that a number is wrong while they type it. \`complete\` and
\`brand\` are of the whole card. Adyen's fields do not tell that a wrong one was emptied; it stays \`incomplete\` until it is left. The card itself is in no event.

What is wrong stands beside its field and is read out (\`aria-describedby\`, \`aria-invalid\`, a live region). When \`tokenize()\` finds a field wrong, the first such
field gets the focus, and the error that it rejects with has the same \`message\`.

## Languages

\`locale\` of \`loadFincore\` or \`mountCardFields\`, else \`<html lang>\`: English, German, Spanish, French, Italian, Dutch, Polish and Portuguese; English for every other.
Labels and errors of the SDK and the sandbox's fields are in these; Stripe and Adyen have many more for what they say themselves.

## What the page must allow

\`fields.content_security_policy\` in \`/v1/client_config\` lists what the PSP's fields need; the demo shop makes its header from there
(\`demo-shop/src/fincore/client-config.ts\`), so that another PSP needs no change of the shop. The whole header of a page whose own script is \`/checkout.js\`, and
which pays at \`/pay\`; a test runs the fields in Chromium under exactly these:

${listPagePolicies()
  .map(({ name, header }) => `For ${name}:\n\n\`\`\`text\nContent-Security-Policy:\n  ${header}\n\`\`\`\n`)
  .join('\n')}
Add \`style-src\` and \`img-src\` for your own page. No inline script and no inline style is needed, and no style sheet of a PSP is loaded. Stripe's sources are its
“Integration security guide” without what that names for address fields; Adyen's are the hosts that Adyen Web derives from its [environment](#adyens-script-and-its-hash).

## Where a script may come from

A script of a PSP runs in the merchant's page, so the SDK does not take \`client_config\`'s word for it. It loads one from these places alone, whatever it is told:

- \`https://js.stripe.com\` and its subdomains. Stripe demands that its script is loaded from there, neither bundled nor copied, and publishes no hash, because the
  script changes under its address (“Including Stripe.js”). Its release has the name of the API version that FinCore pins (“Stripe.js versioning”).
- \`https://checkoutshopper-{test,live,live-…}.cdn.adyen.com\`, and only with the hash that Adyen publishes for that release.
- this machine, when FinCore's API is on this machine too: the stand-ins of development.

For a PSP of kind \`iframe\` no script is loaded at all.

## Adyen's script and its hash

Adyen publishes, with every release of Adyen Web, the hash of its script (release notes, “Web Components/Drop-in”, “Updating to this version”). FinCore brings none
along: a hash is worth something only when it comes from Adyen. Version and hash are settings of the account, and without them the account shows no fields.
[The account's page](psps/adyen.md) names the settings. To fill them, take the newest 6.x of the release notes, and compare its hash with the file:

\`\`\`sh
curl -sS https://checkoutshopper-live.cdn.adyen.com/checkoutshopper/sdk/${adyenRelease.version}/adyen.js | openssl dgst -sha384 -binary | base64
\`\`\`

The environment is \`test\`, or that of the live region in which the account is: \`live\` (Europe), \`live-us\`, \`live-au\`, \`live-apse\`, \`live-in\`, \`live-nea\`.
In Adyen's Customer Area, the client key must list the merchant's page among its allowed origins.

## A PSP that draws a frame

Its adapter answers \`{kind: 'iframe', url, origin}\`, and the SDK needs no change. The SDK adds \`origin\` (of the merchant's page), \`locale\` and, when the page names
one, \`theme\` (\`light\` or \`dark\`) to the address. Page and frame then speak by \`postMessage\`, each to the other's origin alone. Every message has \`fincore: 1\`.

${table(
  ['from the frame', 'with', ''],
  [
    ['`event: "ready"`', '`height` in pixels', 'the fields can be used; when the page has styles, it sends them now'],
    ['`event: "styled"`', '`height`', 'the answer to `do: "style"`; until then the page shows nothing'],
    ['`event: "resize"`', '`height`', ''],
    [
      '`event: "change"`',
      '`field` (`number`, `expiry`, `cvc`), `state`, `message` or `null`, `brand` or `null`',
      'something is newly known of a field',
    ],
    ['`event: "focus"`, `"blur"`', '`field`', ''],
    ['`event: "token"`', '`id`, `token`, `card: {brand, last4, exp_month, exp_year}`', 'the answer to a question'],
    [
      '`event: "error"`',
      '`id`, `code`, `message` for the shopper, `field` or `null`',
      'the other answer; the frame has shown it beside its field',
    ],
  ],
)}

${table(
  ['to the frame', 'with', ''],
  [
    ['`do: "tokenize"`', '`id`', 'the answer has the same `id`'],
    ['`do: "focus"`', '`field`', 'the field gets the focus'],
    ['`do: "style"`', '`styles`, as [above](#styles)', 'the frame looks at each again before it believes it'],
  ],
)}

\`psp-sandbox/src/pages/browser/fields.ts\` is such a frame. It must answer \`frame-ancestors\` with the merchant's origin, take messages from its parent alone, and keep
each message's texts to 500 characters.
`.trim()
}
