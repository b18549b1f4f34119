import type { FastifyInstance, FastifyReply } from 'fastify'
import { type Html, html } from '../../html.ts'
import { AdyenError } from '../adyen-error.ts'
import { finishChallenge } from '../payments/challenge.ts'
import { findPaymentLink, payByLink, settlePaymentLink } from '../payments/payment-links.ts'
import { type Card, checkCard } from '../payments/read-card.ts'
import type { PaymentLink, World } from '../world.ts'
import { pages } from './files.ts'
import { type Page, renderBar, renderMessage, renderPage, sendPage } from './layout.ts'
import { formatMoney } from './money.ts'

type FieldName = 'number' | 'expiry' | 'cvc' | 'holder_name'
type FormState = { errors: Partial<Record<FieldName, string>>; expiry: string; holderName: string }

const emptyForm: FormState = { errors: {}, expiry: '', holderName: '' }

/** The payment link's page: `/{id}`, a form that works without scripts. A refusal can be followed by another try. */
export function registerLinkPage(app: FastifyInstance, world: World): void {
  const find = (params: unknown) => findPaymentLink(world, (params as { link: string }).link)

  app.get('/:link', async (request, reply) => sendLink(world, reply, find(request.params), emptyForm))

  app.post('/:link', async (request, reply) => {
    const link = find(request.params)
    if (link?.status !== 'active') return sendLink(world, reply, link, emptyForm)
    const form = readForm(request.body, world.now())
    if ('errors' in form) return sendLink(world, reply, link, form)
    const { action } = payByLink(world, link, form.card)
    return reply.redirect(action !== null && action !== 'native' ? action.url : `/${link.id}`, 303)
  })

  // Adyen's page finishes by itself what a merchant would finish with `/payments/details`.
  app.get('/:link/back', async (request, reply) => {
    const link = find(request.params)
    const { redirectResult } = request.query as { redirectResult?: string }
    if (link === null) return sendLink(world, reply, null, emptyForm)
    try {
      finishChallenge(world, link.account.merchantAccount, redirectResult ?? '')
      settlePaymentLink(world, link)
    } catch (error) {
      // Who reloads this page finds the same end.
      if (!(error instanceof AdyenError)) throw error
    }
    return reply.redirect(`/${link.id}`, 303)
  })
}

function readForm(body: unknown, nowMs: number): { card: Card } | FormState {
  const fields = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>
  const text = (name: FieldName) => (typeof fields[name] === 'string' ? fields[name].trim().slice(0, 200) : '')
  const expiry = text('expiry')
  const holderName = text('holder_name')
  const refuse = (name: FieldName, message: string): FormState => ({ errors: { [name]: message }, expiry, holderName })
  const [, month, year] = /^(0?[1-9]|1[0-2])\s*[/.-]?\s*(?:20)?(\d{2})$/.exec(expiry) ?? []
  if (month === undefined || year === undefined)
    return refuse('expiry', 'Enter the date as on the card, such as 03/30.')
  const cvc = text('cvc')
  if (cvc === '') return refuse('cvc', 'Enter the security code.')
  try {
    const number = text('number').replace(/[\s-]/g, '')
    const card = { number, expiryMonth: month, expiryYear: `20${year}`, cvc }
    return { card: checkCard(card, holderName || undefined, nowMs) }
  } catch (error) {
    if (!(error instanceof AdyenError)) throw error
    if (error.errorCode === '103') return refuse('cvc', 'This security code has not the right length.')
    return refuse('number', 'This is not a card number.')
  }
}

function sendLink(world: World, reply: FastifyReply, link: PaymentLink | null, form: FormState): FastifyReply {
  if (link === null)
    return sendPage(
      reply,
      404,
      renderMessage({ title: 'No such link', text: 'Check that you have the whole address.' }),
    )
  const { returnUrl } = link.request as { returnUrl?: string }
  const next = returnUrl === undefined ? null : { href: returnUrl, label: 'Continue' }
  if (link.status === 'completed')
    return sendPage(reply, 200, renderMessage({ title: 'Paid', text: 'Your payment was successful.', link: next }))
  if (link.status === 'expired')
    return sendPage(
      reply,
      410,
      renderMessage({ title: 'This link has expired', text: 'Nothing more can be paid with it.', link: next }),
    )
  const hasErrors = Object.keys(form.errors).length > 0
  return sendPage(reply, hasErrors ? 422 : 200, renderForm(world, link, form))
}

function renderForm(world: World, link: PaymentLink, form: FormState): Page {
  const { amount, description, lineItems } = link.request as PaymentLink['request'] & {
    description?: string
    lineItems?: { description?: string; quantity?: number }[]
  }
  const lastTry = world.payments.get(link.payments.at(-1) ?? '')
  const wasRefused = lastTry?.status === 'refused' && Object.keys(form.errors).length === 0
  const money = formatMoney(amount)
  return renderPage({
    served: pages.link,
    title: `Pay ${money} to ${link.account.name}`,
    className: 'single',
    body: html`${renderBar('Adyen stand-in')}
<main class="card">
  <h1><span class="quiet">${link.account.name}</span> ${money}</h1>
  ${description && html`<p class="quiet">${description}</p>`}
  ${
    lineItems &&
    html`<ul class="lines">${lineItems.map(
      (item) => html`<li>${item.quantity ?? 1} × ${item.description ?? 'Item'}</li>`,
    )}</ul>`
  }
  ${wasRefused && html`<p class="alert" role="alert"><strong>The payment was refused.</strong> Try another card.</p>`}
  <form method="post" action="/${link.id}" novalidate>
    ${renderField('number', 'Card number', form, 'cc-number', 'numeric', '')}
    <div class="pair">
      ${renderField('expiry', 'Expires (MM/YY)', form, 'cc-exp', 'numeric', form.expiry)}
      ${renderField('cvc', 'Security code', form, 'cc-csc', 'numeric', '')}
    </div>
    ${renderField('holder_name', 'Name on card', form, 'cc-name', 'text', form.holderName)}
    <button id="pay" class="button" type="submit">Pay ${money}</button>
  </form>
</main>`,
  })
}

/** Number and code are never written back into the page. */
function renderField(
  name: FieldName,
  label: string,
  form: FormState,
  autocomplete: string,
  inputMode: 'numeric' | 'text',
  value: string,
): Html {
  const error = form.errors[name]
  return html`<div class="field">
      <label for="${name}">${label}</label>
      <input id="${name}" name="${name}" type="text" inputmode="${inputMode}" autocomplete="${autocomplete}" value="${value}"${
        error ? html` aria-invalid="true" aria-describedby="${name}-error" autofocus` : null
      }>
      ${error && html`<p class="error" id="${name}-error">${error}</p>`}
    </div>`
}
