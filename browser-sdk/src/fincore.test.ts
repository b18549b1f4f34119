import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { putVersion } from './build.ts'
import { newestVersion, readSdkFile } from './served.ts'
import { type MerchantPage, openMerchantPage, type Seen } from './testing/merchant-page.ts'
import { textsOf } from './texts.ts'

/** A fields page that answers by what its address says it should do, on an origin of its own. */
const fieldsPage = `<!doctype html><title>fields</title><input id="number"><input id="cvc"><script type="module">
  const query = new URLSearchParams(location.search)
  const act = query.get('act')
  const say = (message) => parent.postMessage({ fincore: 1, ...message }, query.get('origin'))
  addEventListener('message', (event) => {
    if (event.origin !== query.get('origin')) return
    const { do: task, id, field, styles } = event.data
    if (task === 'focus') document.getElementById(field).focus()
    if (task === 'style') say({ event: 'styled', height: 150, styles: document.title = JSON.stringify(styles) })
    if (task !== 'tokenize') return
    if (act === 'error')
      say({ event: 'error', id, code: 'incomplete_cvc', message: 'Enter the security code.', field: 'cvc' })
    if (act !== 'token') return
    say({ event: 'token', id: 'another question', token: 'tok_stale' })
    say({ event: 'token', id, token: 'tok_1', card: { brand: 'visa', last4: '4242', exp_month: 4, exp_year: 2031 } })
  })
  for (const input of document.querySelectorAll('input')) input.onfocus = () => say({ event: 'focus', field: input.id })
  if (act !== 'silent') say({ event: 'ready', height: 120 })
  say({ event: 'change', field: 'number', state: 'complete', message: null, brand: 'visa' })
  say({ event: 'change', field: 'number', state: 'complete', message: null, brand: 'visa' })
  say({ event: 'change', field: 'expiry', state: 'invalid', message: 'The card has expired.', brand: 'visa' })
  say({ event: 'change', field: 'holder', state: 'complete', message: null, brand: 'visa' })
  say({ event: 'change', field: 'cvc', state: 'typed', message: null, brand: 'visa' })
</script>`

/** A stranger's page, framed beside the fields, that claims that they are ready and invents a token for every question. */
const strangerPage = `<!doctype html><title>stranger</title><script>
  setInterval(() => parent.postMessage({ fincore: 1, event: 'ready', height: 999 }, '*'), 20)
</script>`

let shop: MerchantPage
let psp: string
let act = 'token'

before(async () => {
  let stranger = ''
  shop = await openMerchantPage({
    clientConfig: () => {
      const fields = { kind: 'iframe', url: `${psp}/fields?act=${act}`, origin: psp }
      return { environment: 'sandbox', psp_accounts: [{ id: 'pspa_1', psp: 'sandbox', fields }] }
    },
    html: () => `<iframe src="${stranger}"></iframe>`,
  })
  psp = await shop.serve(() => ({ type: 'text/html', body: fieldsPage }))
  stranger = await shop.serve(() => ({ type: 'text/html', body: strangerPage }))
})

after(() => shop?.close())

/** Runs a script in the shop's page, whose fields answer as `does` says. */
function runInShop(does: string, script: string): Promise<Seen> {
  act = does
  return shop.run(script)
}

test('the fields are drawn in a titled frame of the size they ask for, and give a token', async () => {
  const seen = await runInShop(
    'token',
    `const events = []
     const tell = (name) => (event) => events.push({ name, ...event })
     const fields = await mount({ onReady: tell('ready'), onChange: tell('change') })
     const [first, second] = await Promise.all([fields.tokenize(), fields.tokenize()])
     const frame = document.querySelector('#card iframe')
     return { kind: fields.kind, first, same: first === second, events, title: frame.title, allow: frame.allow, height: frame.style.height }`,
  )
  assert.deepEqual(seen, {
    kind: 'iframe',
    first: {
      token: 'tok_1',
      card: { brand: 'visa', last4: '4242', exp_month: 4, exp_year: 2031 },
      pspAccount: 'pspa_1',
    },
    same: true,
    events: [
      { name: 'ready' },
      { name: 'change', field: 'number', state: 'complete', message: null, complete: false, brand: 'visa' },
      {
        name: 'change',
        field: 'expiry',
        state: 'invalid',
        message: 'The card has expired.',
        complete: false,
        brand: 'visa',
      },
    ],
    title: 'Card details',
    allow: 'payment',
    height: '120px',
  })
})

test('what the shopper typed wrong arrives as an error that can be shown, and the focus goes to the field at fault', async () => {
  const seen = await runInShop(
    'error',
    `const focused = []
     const fields = await mount({ onFocus: ({ field }) => focused.push(field) })
     const error = await fields.tokenize().catch(describe)
     await eventually(() => focused.length > 0)
     return { error, focused, active: document.activeElement.tagName }`,
  )
  assert.deepEqual(seen, {
    error: { name: 'FincoreError', code: 'incomplete_cvc', message: 'Enter the security code.', field: 'cvc' },
    focused: ['cvc'],
    active: 'IFRAME',
  })
})

test('the focus goes to the field that the page names, and without a name to the card number', async () => {
  const seen = await runInShop(
    'mute',
    `const focused = []
     const fields = await mount({ onFocus: ({ field, state, brand }) => focused.push([field, state, brand]) })
     fields.focus('cvc')
     await eventually(() => focused.length === 1)
     fields.focus()
     await eventually(() => focused.length === 2)
     return focused`,
  )
  assert.deepEqual(seen, [
    ['cvc', 'empty', 'visa'],
    ['number', 'complete', 'visa'],
  ])
})

test('styles reach the frame before the shopper sees it, and one that is none reaches nobody', async () => {
  const seen = await runInShop(
    'token',
    `await mount({ styles: { textColor: '#123456', spacing: 20 } })
     const { height } = document.querySelector('#card iframe').style
     const refused = []
     for (const styles of ${JSON.stringify([
       { textColor: 'red; background: url(//evil.example)' },
       { fontFamily: 'x; } body { display: none' },
       { fontSize: 99 },
       { spacing: '20px' },
       { color: '#123456' },
       { constructor: '#123456' },
     ])}) refused.push((await mount({ styles }).catch(describe)).name)
     return { height, refused }`,
  )
  assert.deepEqual(seen, { height: '150px', refused: Array(6).fill('TypeError') })
})

test('a frame that never gets ready is taken away in bounded time, and a stranger cannot speak for it', async () => {
  const seen = await runInShop(
    'silent',
    `const error = await mount({ readyTimeoutMs: 400 }).catch(describe)
     return { code: error.code, message: error.message, frames: document.querySelectorAll('#card iframe').length }`,
  )
  assert.equal(seen.code, 'fields_unavailable')
  assert.match(String(seen.message), /not possible/)
  assert.equal(seen.frames, 0)
})

test('a token counts only from the very frame while it shows the PSP, even when the forger knows the question', async () => {
  const seen = await runInShop(
    'mute',
    `Math.random = () => 0
     const fields = await mount()
     const frame = document.querySelector('#card iframe').contentWindow
     const data = { fincore: 1, event: 'token', id: '0', token: 'tok_forged' }
     const say = (from) => dispatchEvent(new MessageEvent('message', { data, ...from }))
     const asked = fields.tokenize().then((result) => result.token)
     window.postMessage(data, '*')
     say({ source: frame, origin: 'https://evil.example' })
     say({ source: window, origin: '${psp}' })
     const forged = await Promise.race([asked, new Promise((resolve) => setTimeout(resolve, 150, 'ignored'))])
     say({ source: frame, origin: '${psp}' })
     return { forged, genuine: await asked }`,
  )
  assert.deepEqual(seen, { forged: 'ignored', genuine: 'tok_forged' })
})

test('fields that are taken away while they work say so, and taking them away again does nothing', async () => {
  const seen = await runInShop(
    'mute',
    `const fields = await mount()
     const asked = fields.tokenize().catch(describe)
     fields.destroy()
     fields.destroy()
     return { asked: (await asked).code, later: (await fields.tokenize().catch(describe)).code,
       left: document.querySelector('#card').childElementCount }`,
  )
  assert.deepEqual(seen, { asked: 'destroyed', later: 'destroyed', left: 0 })
})

test('a signal takes fields away that are drawn, that are being drawn, and that are not begun', async () => {
  const seen = await runInShop(
    'silent',
    `const codes = []
     const drawing = new AbortController()
     const mounting = mount({ signal: drawing.signal }).catch(describe)
     drawing.abort()
     const left = document.querySelector('#card').childElementCount
     return { drawing: (await mounting).code, left, before: (await mount({ signal: drawing.signal }).catch(describe)).code }`,
  )
  assert.deepEqual(seen, { drawing: 'destroyed', left: 0, before: 'destroyed' })
  const drawn = await runInShop(
    'mute',
    `const later = new AbortController()
     const fields = await mount({ signal: later.signal })
     const asked = fields.tokenize().catch(describe)
     later.abort()
     return { code: (await asked).code, left: document.querySelector('#card').childElementCount }`,
  )
  assert.deepEqual(drawn, { code: 'destroyed', left: 0 })
})

test('what the shopper reads is in the language of the fields, of the SDK or of the page', async () => {
  const seen = await runInShop(
    'mute',
    `const failing = { api: location.origin + '/none', publishableKey: 'pk_test_1' }
     const ofSdk = await loadFincore({ ...failing, locale: 'pl' }).catch(describe)
     document.documentElement.lang = 'it-CH'
     const ofPage = await loadFincore(failing).catch(describe)
     const fields = await mount({ locale: 'pt-BR' })
     const { title, src } = document.querySelector('#card iframe')
     const asked = fields.tokenize().catch(describe)
     fields.destroy()
     return [ofSdk.message, ofPage.message, title, new URL(src).searchParams.get('locale'), (await asked).message]`,
  )
  const [pl, it, pt] = ['pl', 'it', 'pt'].map(textsOf)
  assert.deepEqual(seen, [pl?.notPossible, it?.notPossible, pt?.title, 'pt-BR', pt?.notPaid])
})

test('only web addresses are followed as a next action, and a charge without one needs nothing', async () => {
  const seen = await runInShop(
    'token',
    `const follow = (url) => fincore.handleNextAction({ next_action: { type: 'redirect', url } }).catch(describe)
     return { nothing: await fincore.handleNextAction({ next_action: null }), script: await follow('javascript:alert(1)') }`,
  )
  assert.equal(seen.nothing, false)
  assert.equal(seen.script.code, 'next_action_unsupported')
})

test('a secret key is refused before it is sent anywhere', async () => {
  const seen = await runInShop(
    'token',
    `return loadFincore({ api: location.origin, publishableKey: 'sk_test_1' }).catch(describe)`,
  )
  assert.equal(seen.name, 'TypeError')
})

describe('the served files', () => {
  for (const [name, { bytes, gzipped }] of Object.entries(newestVersion().files)) {
    test(`${name} is one file of at most 8 kB gzipped that loads nothing, since every shopper waits for it`, () => {
      assert.ok(gzipped <= 8_000, `${gzipped} bytes of ${bytes}`)
      const { body } = readSdkFile(newestVersion(), name as 'fincore.js')
      assert.doesNotMatch(body, /\bimport\b|\brequire\(/)
    })
  }

  test('of a released version never change, and a new version leaves them where they are', () => {
    const { files } = newestVersion()
    const changed = { ...files, 'fincore.js': files['fincore.mjs'] }
    const [newer, older] = putVersion([{ version: '1.0.0', released: true, files }], '1.0.1', changed)
    assert.deepEqual([newer?.version, newer?.released, older?.version, older?.files], ['1.0.1', false, '1.0.0', files])
    assert.throws(() => putVersion([{ version: '1.0.0', released: true, files }], '1.0.0', changed), /is released/)
    assert.doesNotThrow(() => putVersion([{ version: '1.0.0', released: false, files }], '1.0.0', changed))
  })

  test('a file whose bytes changed is not read', () => {
    const { version, released, files } = newestVersion()
    const changed = { ...files, 'fincore.js': { ...files['fincore.js'], integrity: files['fincore.mjs'].integrity } }
    assert.throws(() => readSdkFile({ version, released, files: changed }, 'fincore.js'), /is not the file/)
  })
})
