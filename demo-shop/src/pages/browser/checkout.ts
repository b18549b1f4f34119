import type { CardFields, Fincore } from '@fincore/browser'

/** Draws the PSP's fields when “Pay here” is chosen, and sends the form once however often it is pressed. */
const form = findElement('#pay', HTMLFormElement)
const button = findElement('#pay-button', HTMLButtonElement)
const problem = findElement('#problem', HTMLElement)
const fieldsBox = findElement('#card-fields', HTMLElement)
const buttonText = button.textContent ?? ''

let drawn: Promise<{ fincore: Fincore; fields: CardFields }> | null = null
let isBusy = false

function findElement<T extends Element>(selector: string, kind: new () => T): T {
  const found = document.querySelector(selector)
  if (!(found instanceof kind)) throw new Error(`The page has no ${selector}.`)
  return found
}

function readWay(): string {
  return String(new FormData(form).get('way'))
}

function showProblem(error: unknown): void {
  problem.textContent = error instanceof Error ? error.message : 'Something went wrong. Nothing was charged. Try again.'
  setBusy(false)
}

function setBusy(busy: boolean): void {
  isBusy = busy
  button.setAttribute('aria-disabled', String(busy))
  button.textContent = busy ? 'One moment…' : buttonText
}

async function drawFields(): Promise<{ fincore: Fincore; fields: CardFields }> {
  const { api = '', publishableKey = '' } = form.dataset
  fieldsBox.dataset.state = 'loading'
  try {
    // The page's tag loads it from FinCore with its hash. Without it the other ways to pay are still there.
    if (window.Fincore === undefined) throw new Error('Paying here is not possible right now. Choose the secure page.')
    const fincore = await window.Fincore.load({ api, publishableKey })
    const theme = window.matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'
    const fields = await fincore.mountCardFields(fieldsBox, {
      theme,
      // What is wrong with a field stands beside it too; under the form it stays until something is put right.
      onChange: ({ message }) => {
        if (message === null) problem.textContent = ''
      },
    })
    fieldsBox.dataset.state = 'ready'
    return { fincore, fields }
  } catch (error) {
    fieldsBox.dataset.state = 'failed'
    // The next choice of this way, or press of the button, tries again.
    drawn = null
    throw error
  }
}

function ensureFields(): Promise<{ fincore: Fincore; fields: CardFields }> {
  drawn ??= drawFields()
  return drawn
}

/** Only the chosen way's inputs are sent, so that a card typed and then abandoned stays in the browser. */
function showWay(): void {
  const way = readWay()
  for (const panel of form.querySelectorAll<HTMLElement>('.way-panel')) {
    for (const input of panel.querySelectorAll('input')) input.disabled = panel.dataset.way !== way
  }
  problem.textContent = ''
  if (way === 'fields') ensureFields().catch(showProblem)
}

async function payWithFields(): Promise<void> {
  const { fincore, fields } = await ensureFields()
  const { token, pspAccount } = await fields.tokenize()
  const body = new URLSearchParams({ attempt: String(new FormData(form).get('attempt')), way: 'fields', token })
  body.set('psp_account', pspAccount)
  const response = await fetch(form.action, { method: 'POST', body, headers: { accept: 'application/json' } }).catch(
    () => {
      // The order may have arrived. Pressing again is safe: the attempt is the same, so it cannot pay twice.
      throw new Error(
        'The shop did not answer. Check your connection and press the button again; you cannot pay twice.',
      )
    },
  )
  const answer = await response.json()
  if (!response.ok) throw new Error(answer.problem)
  const isLeaving = answer.charge !== null && (await fincore.handleNextAction(answer.charge))
  if (!isLeaving) window.location.assign(answer.order)
}

form.addEventListener('submit', (event) => {
  if (isBusy) {
    event.preventDefault()
    return
  }
  problem.textContent = ''
  setBusy(true)
  if (readWay() !== 'fields') return
  event.preventDefault()
  payWithFields().catch(showProblem)
})
form.addEventListener('change', (event) => {
  if (event.target instanceof HTMLInputElement && event.target.name === 'way') showWay()
})
// A browser that shows the page again from its memory must not show a button that is still busy.
window.addEventListener('pageshow', () => setBusy(false))

const initialProblem = problem.textContent
showWay()
problem.textContent = initialProblem
