/**
 * The forms of the reference: each sends its request to the sandbox that serves this page, and shows the answer. The key
 * is in this module's memory while the page is open, and nowhere else.
 */

/** What of an answer's head a developer wants to see. */
const shownHeaders = /^(content-type|x-request-id|idempotent-replayed|retry-after|allow|ratelimit-[a-z]+)$/
const testKey = /^(sk|pk)_test_[\w-]{43}$/

const keySection = document.querySelector<HTMLElement>('#key')
const keyField = document.querySelector<HTMLInputElement>('#api-key')
const keyFault = document.querySelector<HTMLElement>('#key-fault')

function readKey(): string | null {
  const key = keyField?.value.trim() ?? ''
  const fault =
    key === ''
      ? 'Paste your test key first: it begins with sk_test_.'
      : /^.k_live_/.test(key)
        ? 'This is a live key. Do not paste it anywhere, and never here: take a test key.'
        : testKey.test(key)
          ? ''
          : 'This is not a whole test key. It is sk_test_ and 43 characters.'
  if (keyFault) keyFault.textContent = fault
  if (fault === '') return key
  if (keyField) {
    keyField.setAttribute('aria-invalid', 'true')
    keyField.focus()
  }
  return null
}

/** `crypto.randomUUID` is there on secure pages alone, and a sandbox may be reached by plain HTTP. */
function newIdempotencyKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12))
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

function makeRequest(form: HTMLFormElement, key: string): { url: string; init: RequestInit } {
  const values = new FormData(form)
  const query = new URLSearchParams()
  let path = form.dataset.path ?? ''
  const headers = new Headers({ authorization: `Bearer ${key}` })
  for (const [name, value] of values) {
    const [place = '', field = ''] = name.split('.')
    const text = String(value)
    if (place === 'path') path = path.replace(`{${field}}`, encodeURIComponent(text.trim()))
    if (place === 'query' && text !== '') query.set(field, text)
    if (place === 'idempotency-key') headers.set('idempotency-key', text)
  }
  const body = values.get('body')
  if (body !== null) headers.set('content-type', 'application/json')
  const search = query.toString()
  return {
    url: search === '' ? path : `${path}?${search}`,
    init: {
      method: form.dataset.method ?? 'GET',
      headers,
      body: body === null ? null : String(body),
      credentials: 'omit',
      cache: 'no-store',
      referrerPolicy: 'no-referrer',
      redirect: 'error',
    },
  }
}

function element(name: string, text: string, className = ''): HTMLElement {
  const made = document.createElement(name)
  made.textContent = text
  if (className !== '') made.className = className
  return made
}

function code(text: string, label: string): HTMLElement {
  const made = element('pre', '')
  made.tabIndex = 0
  made.setAttribute('role', 'region')
  made.setAttribute('aria-label', label)
  made.append(element('code', text))
  return made
}

async function send(form: HTMLFormElement): Promise<void> {
  const key = readKey()
  const answer = form.querySelector('.answer')
  if (key === null || !answer) return
  keyField?.removeAttribute('aria-invalid')
  const { url, init } = makeRequest(form, key)
  answer.replaceChildren(element('p', 'Sending…', 'quiet'))
  const startedAt = performance.now()
  try {
    const response = await fetch(url, init)
    const text = await response.text()
    const ms = Math.round(performance.now() - startedAt)
    const head = [...response.headers].filter(([name]) => shownHeaders.test(name))
    answer.replaceChildren(
      element('p', `${response.status} ${response.statusText} in ${ms} ms`, response.ok ? 'good status' : 'bad status'),
      code(
        [`${init.method} ${url}`, '', ...head.map(([name, value]) => `${name}: ${value}`)].join('\n'),
        'Request and headers of the answer',
      ),
      code(indent(text), `Body of the answer to: ${form.dataset.name ?? ''}`),
    )
  } catch {
    answer.replaceChildren(
      element(
        'p',
        'No answer came. Is the sandbox running? With the same Idempotency-Key it is safe to send again.',
        'fault',
      ),
    )
  }
}

function indent(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}

keySection?.removeAttribute('hidden')
for (const details of document.querySelectorAll<HTMLElement>('details.try')) {
  details.hidden = false
  const form = details.querySelector('form')
  const idempotencyKey = form?.querySelector<HTMLInputElement>('[name="idempotency-key"]')
  const renew = () => {
    if (idempotencyKey) idempotencyKey.value = newIdempotencyKey()
  }
  renew()
  form?.querySelector('[data-new-key]')?.addEventListener('click', renew)
  form?.addEventListener('submit', (event) => {
    event.preventDefault()
    void send(form)
  })
}
