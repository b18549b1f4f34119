import { connectCardInputs, type FieldName, fieldNames, requireElement } from './card-inputs.ts'
import { applyStyles } from './field-styles.ts'

/**
 * The card fields inside a merchant's page. They talk to the one origin that the address names, and to its very
 * window; the card goes to this page's own origin and nowhere else.
 */
const root = requireElement('#fields', HTMLElement)
const merchantOrigin = root.dataset.origin ?? ''
const publicKey = root.dataset.publicKey ?? ''

function say(message: Record<string, unknown>): void {
  window.parent.postMessage({ fincore: 1, ...message }, merchantOrigin)
}

function height(): number {
  return Math.ceil(root.getBoundingClientRect().height)
}

/** What the merchant's page was told last of each field. */
const told = new Map<FieldName, string>()
function tellChanges(): void {
  for (const field of fieldNames) {
    const known = { ...inputs.describe(field), brand: inputs.brand() }
    if (told.get(field) === JSON.stringify(known)) continue
    told.set(field, JSON.stringify(known))
    say({ event: 'change', field, ...known })
  }
}
const inputs = connectCardInputs(tellChanges, (field, hasFocus) => say({ event: hasFocus ? 'focus' : 'blur', field }))

async function tokenize(id: unknown): Promise<void> {
  const problem = inputs.validate()
  if (problem) {
    say({ event: 'error', id, code: problem.code, message: problem.message, field: problem.field })
    return
  }
  inputs.disable(true)
  try {
    const response = await fetch('/v2/tokens', {
      method: 'POST',
      headers: { authorization: `Bearer ${publicKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(inputs.read()),
      credentials: 'omit',
    })
    const answer = await response.json()
    if (!response.ok) {
      const code = String(answer.error?.code ?? 'tokenization_failed')
      const known = inputs.message(code)
      say({
        event: 'error',
        id,
        code,
        message: known === code ? inputs.message('tokenFailed') : known,
        field: answer.error?.param ?? null,
      })
      return
    }
    const { brand, last4, expiry_month, expiry_year } = answer.card
    say({
      event: 'token',
      id,
      token: answer.id,
      card: { brand, last4, exp_month: expiry_month, exp_year: expiry_year },
    })
  } catch {
    say({ event: 'error', id, code: 'connection_failed', message: inputs.message('tokenFailed'), field: null })
  } finally {
    inputs.disable(false)
  }
}

window.addEventListener('message', (event) => {
  if (event.origin !== merchantOrigin || event.source !== window.parent) return
  const { data } = event
  if (typeof data !== 'object' || data === null || data.fincore !== 1) return
  if (data.do === 'focus') inputs.focus(fieldNames.find((field) => field === data.field) ?? 'number')
  if (data.do === 'style') {
    applyStyles(data.styles)
    say({ event: 'styled', height: height() })
  }
  if (data.do === 'tokenize') void tokenize(data.id)
})

requireElement('#card-form', HTMLFormElement).addEventListener('submit', (event) => event.preventDefault())
let lastHeight = height()
new ResizeObserver(() => {
  if (height() === lastHeight) return
  lastHeight = height()
  say({ event: 'resize', height: lastHeight })
}).observe(root)
say({ event: 'ready', height: lastHeight })
