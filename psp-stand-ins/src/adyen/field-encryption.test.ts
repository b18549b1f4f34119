import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdyenError } from './adyen-error.ts'
import { createFieldKey } from './field-encryption.ts'
import { encryptField } from './pages/browser/encrypt-field.ts'

describe('card fields', () => {
  const hourMs = 3_600_000
  let nowMs = Date.now()
  const key = createFieldKey(() => nowMs)

  it('are opened as the browser encrypted them, each for its own name', async () => {
    const text = await encryptField(key.publicKey, 'number', '4111111111111111')
    assert.match(text, /^adyenjs_0_1_18\$[A-Za-z0-9+/=]+\$[A-Za-z0-9+/=]+$/)
    assert(text.length > 600 && text.length < 800)
    assert.equal(key.decrypt('number', text), '4111111111111111')
    assert.throws(() => key.decrypt('cvc', text), AdyenError)
    assert.notEqual(await encryptField(key.publicKey, 'number', '4111111111111111'), text)
  })

  it('are opened by nobody else, not after a day, and not when one letter is another', () => {
    const text = key.encrypt('cvc', '737')
    assert.equal(key.decrypt('cvc', text), '737')
    assert.throws(() => createFieldKey(() => nowMs).decrypt('cvc', text), /Unable to decrypt/)
    assert.throws(() =>
      key.decrypt(
        'cvc',
        text.replace(/.(?=.{8}$)/, (letter) => (letter === 'A' ? 'B' : 'A')),
      ),
    )
    nowMs += 25 * hourMs
    assert.throws(() => key.decrypt('cvc', text), /valid time period/)
  })

  it('are taken in clear with Adyen’s prefix for tests', () => {
    assert.equal(key.decrypt('number', 'test_4111111111111111'), '4111111111111111')
  })
})
