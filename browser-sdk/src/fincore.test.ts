import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { readSdkScript } from './script.ts'
import { type MerchantPage, openMerchantPage, type Seen } from './testing/merchant-page.ts'

/** A fields page that answers by what its address says it should do, on an origin of its own. */
const fieldsPage = `<!doctype html><title>fields</title><script type="module">
  const query = new URLSearchParams(location.search)
  const say = (message) => parent.postMessage({ fincore: 1, ...message }, query.get('origin'))
  addEventListener('message', (event) => {
    if (event.origin !== query.get('origin') || event.data.do !== 'tokenize') return
    const id = event.data.id
    if (query.get('act') === 'error')
      say({ event: 'error', id, code: 'incomplete_cvc', message: 'Enter the security code.', field: 'cvc' })
    if (query.get('act') !== 'token') return
    say({ event: 'token', id: 'another question', token: 'tok_stale' })
    say({ event: 'token', id, token: 'tok_1', card: { brand: 'visa', last4: '4242', exp_month: 4, exp_year: 2031 } })
  })
  if (query.get('act') !== 'silent') say({ event: 'ready', height: 120 })
  say({ event: 'change', complete: true, brand: 'visa' })
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
    `const states = []
     const fields = await mount({ onChange: (state) => states.push(state) })
     const [first, second] = await Promise.all([fields.tokenize(), fields.tokenize()])
     const frame = document.querySelector('#card iframe')
     return { kind: fields.kind, first, same: first === second, states, title: frame.title, allow: frame.allow, height: frame.style.height }`,
  )
  assert.deepEqual(seen, {
    kind: 'iframe',
    first: {
      token: 'tok_1',
      card: { brand: 'visa', last4: '4242', exp_month: 4, exp_year: 2031 },
      pspAccount: 'pspa_1',
    },
    same: true,
    states: [{ complete: true, brand: 'visa' }],
    title: 'Card details',
    allow: 'payment',
    height: '120px',
  })
})

test('what the shopper typed wrong arrives as an error that can be shown', async () => {
  const error = await runInShop('error', 'return (await mount()).tokenize().catch(describe)')
  assert.deepEqual(error, {
    name: 'FincoreError',
    code: 'incomplete_cvc',
    message: 'Enter the security code.',
    field: 'cvc',
  })
})

test('a frame that never gets ready is taken away in bounded time, and a stranger cannot speak for it', async () => {
  const seen = await runInShop(
    'silent',
    `const error = await mount({ readyTimeoutMs: 400 }).catch(describe)
     return { code: error.code, message: error.message, frames: document.querySelectorAll('#card iframe').length }`,
  )
  assert.equal(seen.code, 'fields_unavailable')
  assert.match(String(seen.message), /could not be loaded/)
  assert.equal(seen.frames, 0)
})

test('a token counts only from the very frame while it shows the PSP, even when the forger knows the question', async () => {
  const seen = await runInShop(
    'mute',
    `crypto.getRandomValues = (bytes) => bytes.fill(0)
     const fields = await mount()
     const frame = document.querySelector('#card iframe').contentWindow
     const data = { fincore: 1, event: 'token', id: '00'.repeat(16), token: 'tok_forged' }
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

test('fields that are taken away while they work say so', async () => {
  const error = await runInShop(
    'mute',
    'const fields = await mount(); const asked = fields.tokenize().catch(describe); fields.unmount(); return asked',
  )
  assert.equal(error.code, 'unmounted')
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

test('the script is one small file that loads nothing, since every shopper waits for it', () => {
  const script = readSdkScript()
  assert.ok(gzipSync(script).length < 8_000, `${gzipSync(script).length} bytes`)
  assert.doesNotMatch(script, /^import |\bfrom '/m)
})
