import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LinkedSession } from '../../store/sessions.ts'
import { renderPayPage } from './pages.ts'

test('a merchant’s name is written as it is, also where it looks like a pattern of a replacement', () => {
  const name = "Cash$& $' Carry"
  const session = { merchant_name: name, amount: 1999n, currency: 'EUR', description: null } as Partial<LinkedSession>
  const page = renderPayPage(session as LinkedSession, '/s/token', 'en')
  const heading = page
    .match(/class="heading">([^<]*)</)?.[1]
    ?.replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')
  assert.ok(heading?.includes(name), heading)
  assert.ok(!heading?.includes('{merchant}'))
})
