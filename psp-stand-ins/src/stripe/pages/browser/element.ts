import { brandOf, cvcLengthOf, isCardNumber } from '../../card-number.ts'

/**
 * The inputs of one element, in its frame. Elements of one group find each other over a channel of their own origin, so
 * that a card that is typed into three frames becomes one payment method without passing through the merchant's page.
 */
type Field = 'number' | 'expiry' | 'cvc'
type Values = Partial<Record<Field, string>>
type Style = Record<string, Record<string, unknown>>
type Problem = { type: 'validation_error'; code: string; message: string }

const form = document.querySelector('#element')
if (!(form instanceof HTMLFormElement)) throw new Error('The page has no fields')
const { type = '', key = '', group = '', origin = '' } = form.dataset
const inputs = new Map<Field, HTMLInputElement>()
for (const field of ['number', 'expiry', 'cvc'] as const) {
  const input = document.getElementById(field)
  if (input instanceof HTMLInputElement) inputs.set(field, input)
}

const problems: Record<string, string> = {
  incomplete_number: 'Your card number is incomplete.',
  invalid_number: 'Your card number is invalid.',
  incomplete_expiry: "Your card's expiration date is incomplete.",
  invalid_expiry_month_past: "Your card's expiration date is in the past.",
  incomplete_cvc: "Your card's security code is incomplete.",
}

function say(event: string, data: object = {}): void {
  window.parent.postMessage({ standIn: 1, event, ...data }, origin)
}

function problemOf(field: Field, text: string, brand: string): string | null {
  const digits = text.replace(/\D/g, '')
  if (field === 'number')
    return digits.length < 12 ? 'incomplete_number' : isCardNumber(digits) ? null : 'invalid_number'
  if (field === 'cvc') {
    const fits = brand === 'unknown' ? digits.length >= 3 : digits.length >= cvcLengthOf(brand)
    return fits ? null : 'incomplete_cvc'
  }
  const expiry = readExpiry(text)
  if (expiry === null) return 'incomplete_expiry'
  return new Date(expiry.year, expiry.month, 1).getTime() <= Date.now() ? 'invalid_expiry_month_past' : null
}

function readExpiry(text: string): { month: number; year: number } | null {
  const match = /^\s*(0?[1-9]|1[0-2])\s*\/?\s*(?:20)?(\d{2})\s*$/.exec(text)
  return match ? { month: Number(match[1]), year: 2000 + Number(match[2]) } : null
}

const asProblem = (code: string): Problem => ({ type: 'validation_error', code, message: problems[code] ?? code })
const own = (): Values => Object.fromEntries([...inputs].map(([field, input]) => [field, input.value]))

/** Tells what is known: complete or not, and a problem only once something whole and wrong was typed. */
function tellChange(): void {
  const values = own()
  const brand = brandOf((values.number ?? '').replace(/\D/g, ''))
  const codes = [...inputs].map(([field, input]) =>
    problemOf(field, input.value, values.number === undefined ? 'unknown' : brand),
  )
  const wrong = codes.find((code) => code?.startsWith('invalid_'))
  for (const [index, input] of [...inputs.values()].entries())
    input.setAttribute('aria-invalid', String(codes[index]?.startsWith('invalid_') ?? false))
  say('change', {
    complete: codes.every((code) => code === null),
    empty: [...inputs.values()].every((input) => input.value === ''),
    ...(wrong ? { error: asProblem(wrong) } : { error: undefined }),
    ...(values.number === undefined ? {} : { brand }),
  })
}

const siblings = new BroadcastChannel(`stripe-stand-in ${group}`)
siblings.addEventListener('message', ({ data }) => {
  if (data.ask !== undefined) siblings.postMessage({ answer: data.ask, values: own() })
})

/** The whole card: what is typed here, and what the other frames of the group have. */
function collect(): Promise<Values> {
  const values = own()
  const isWhole = () => values.number !== undefined && values.expiry !== undefined && values.cvc !== undefined
  if (isWhole()) return Promise.resolve(values)
  const ask = crypto.randomUUID()
  return new Promise((resolve) => {
    const stop = () => {
      clearTimeout(timer)
      siblings.removeEventListener('message', hear)
      resolve(values)
    }
    const hear = ({ data }: MessageEvent) => {
      if (data.answer !== ask) return
      Object.assign(values, data.values)
      if (isWhole()) stop()
    }
    // A frame that is not mounted answers nothing.
    const timer = setTimeout(stop, 1_000)
    siblings.addEventListener('message', hear)
    siblings.postMessage({ ask })
  })
}

async function create(what: unknown, data: Record<string, unknown>): Promise<object> {
  const values = await collect()
  const number = (values.number ?? '').replace(/\D/g, '')
  for (const field of ['number', 'expiry', 'cvc'] as const) {
    const code = problemOf(field, values[field] ?? '', brandOf(number))
    if (code !== null) return { error: asProblem(code) }
  }
  const { month = 0, year = 0 } = readExpiry(values.expiry ?? '') ?? {}
  const body = new URLSearchParams({
    'card[number]': number,
    'card[exp_month]': String(month),
    'card[exp_year]': String(year),
    'card[cvc]': (values.cvc ?? '').trim(),
  })
  if (what === 'paymentMethod') {
    body.set('type', 'card')
    if (typeof data.name === 'string') body.set('billing_details[name]', data.name)
  } else if (typeof data.name === 'string') body.set('card[name]', data.name)
  try {
    const response = await fetch(what === 'paymentMethod' ? '/v1/payment_methods' : '/v1/tokens', {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/x-www-form-urlencoded' },
      body,
      credentials: 'omit',
    })
    const answer = await response.json()
    if (!response.ok) return { error: answer.error }
    return what === 'paymentMethod' ? { paymentMethod: answer } : { token: answer }
  } catch {
    return {
      error: { type: 'api_connection_error', message: 'We are experiencing issues connecting. Please try again.' },
    }
  }
}

/** The merchant's style, as far as one is asked for here: of the text, of what stands in its place, and of what is wrong. */
function applyStyle(style: unknown): void {
  const of = (value: unknown, name: string): Record<string, unknown> => (value as Style | undefined)?.[name] ?? {}
  const base = of(style, 'base')
  for (const input of inputs.values()) {
    for (const name of ['fontFamily', 'fontSize', 'fontWeight', 'letterSpacing'] as const)
      if (typeof base[name] === 'string') input.style[name] = base[name]
    input.style.setProperty('--color', String(base.color ?? ''))
    input.style.setProperty('--placeholder', String(of(base, '::placeholder').color ?? ''))
    input.style.setProperty('--invalid', String(of(style, 'invalid').color ?? ''))
  }
}

window.addEventListener('message', async (message) => {
  if (message.origin !== origin || message.source !== window.parent || message.data?.standIn !== 1) return
  const [first] = inputs.values()
  const { data } = message
  if (data.do === 'style') applyStyle(data.style)
  if (data.do === 'focus') first?.focus()
  if (data.do === 'blur' && document.activeElement instanceof HTMLElement) document.activeElement.blur()
  if (data.do === 'clear') {
    for (const input of inputs.values()) input.value = ''
    tellChange()
  }
  if (data.do === 'create') say('answer', { id: data.id, answer: await create(data.what, data.data ?? {}) })
})

for (const [field, input] of inputs) {
  input.addEventListener('input', () => {
    if (field === 'number') input.value = input.value.replace(/\D/g, '').replace(/(\d{4})(?=\d)/g, '$1 ')
    if (field === 'expiry' && /^\d{4,}$/.test(input.value))
      input.value = `${input.value.slice(0, 2)} / ${input.value.slice(2)}`
    tellChange()
  })
  input.addEventListener('focus', () => say('focus'))
  input.addEventListener('blur', () => say('blur'))
  input.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') say('escape')
  })
}
form.addEventListener('submit', (event) => event.preventDefault())
document.documentElement.dataset.element = type
say('ready')
new ResizeObserver(() => say('resize', { height: Math.ceil(form.getBoundingClientRect().height) })).observe(form)
