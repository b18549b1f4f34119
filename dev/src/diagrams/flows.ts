import { drawSequence, type Sequence } from './draw-sequence.ts'

const hosted: Sequence<'browser' | 'shop' | 'fincore' | 'psp'> = {
  title: 'Hosted redirect, step by step',
  description:
    'Your server makes a payment session at FinCore and sends the shopper to its link. The shopper pays on the PSP’s page and comes back to your success page. FinCore tells your server by a signed webhook, and only then do you deliver.',
  participants: { browser: 'Shopper’s browser', shop: 'Your server', fincore: 'FinCore', psp: 'PSP' },
  steps: [
    { from: 'browser', to: 'shop', text: 'presses “Buy”' },
    { from: 'shop', to: 'fincore', text: 'POST /v1/payment_sessions' },
    { from: 'fincore', to: 'psp', text: 'makes its page' },
    { from: 'fincore', to: 'shop', text: '201, url', isAnswer: true },
    { from: 'shop', to: 'browser', text: '303 to url', isAnswer: true },
    { from: 'browser', to: 'fincore', text: 'opens the one-time link' },
    { from: 'fincore', to: 'browser', text: '303 to the PSP’s page', isAnswer: true },
    { from: 'browser', to: 'psp', text: 'types the card, confirms at the bank: FinCore and you see none of it' },
    { band: 'what follows comes in any order' },
    {
      from: 'psp',
      to: 'browser',
      text: 'back, by way of FinCore, to success_url?payment_session=ps_…',
      isAnswer: true,
    },
    { from: 'psp', to: 'fincore', text: 'signed webhook: paid' },
    { from: 'fincore', to: 'shop', text: 'payment_session.completed' },
    { from: 'shop', to: 'fincore', text: '204: stored, now deliver', isAnswer: true },
  ],
}

const clientSide: Sequence<'browser' | 'fields' | 'shop' | 'fincore' | 'psp'> = {
  title: 'Client-side SDK, step by step',
  description:
    'Your page loads the browser SDK, which draws the PSP’s card fields in iframes. The PSP gives a token for the card. Your server charges the token at FinCore, which asks the PSP. When the bank wants the shopper, the browser goes there and comes back. FinCore tells your server by a signed webhook.',
  participants: {
    browser: 'Your page',
    fields: 'PSP’s card fields',
    shop: 'Your server',
    fincore: 'FinCore',
    psp: 'PSP',
  },
  steps: [
    { from: 'browser', to: 'fincore', text: 'GET /v1/client_config, with pk_…' },
    { from: 'browser', to: 'fields', text: 'draws the iframes' },
    { from: 'fields', to: 'psp', text: 'the card, straight to the PSP' },
    { from: 'fields', to: 'browser', text: 'token', isAnswer: true },
    { from: 'browser', to: 'shop', text: 'token' },
    { from: 'shop', to: 'fincore', text: 'POST /v1/charges' },
    { from: 'fincore', to: 'psp', text: 'charges the token' },
    { from: 'fincore', to: 'shop', text: '201, status', isAnswer: true },
    { from: 'shop', to: 'browser', text: 'status, next_action', isAnswer: true },
    { band: 'only with requires_action: the shopper confirms at the bank, and comes back to return_url' },
    { from: 'browser', to: 'psp', text: 'handleNextAction: 3-D Secure' },
    { from: 'psp', to: 'fincore', text: 'signed webhook' },
    { from: 'fincore', to: 'shop', text: 'charge.captured' },
    { from: 'shop', to: 'fincore', text: '204: deliver', isAnswer: true },
  ],
}

const serverToServer: Sequence<'shop' | 'relay' | 'fincore' | 'psp'> = {
  title: 'Server-to-server, step by step',
  description:
    'Your server opens a connection to the card relay with its client certificate. The relay asks FinCore whether you may send cards before it reads the request. Then it sends the card to the PSP inside the request that FinCore made, and FinCore records the outcome without ever seeing the card. The other events come by a signed webhook.',
  participants: { shop: 'Your server', relay: 'Card relay', fincore: 'FinCore', psp: 'PSP' },
  steps: [
    { from: 'shop', to: 'relay', text: 'client certificate, sk_…' },
    { from: 'relay', to: 'fincore', text: 'grant, certificate and address allowed?' },
    { from: 'fincore', to: 'relay', text: 'yes: only now is the body read', isAnswer: true },
    { from: 'shop', to: 'relay', text: 'POST /v1/charges, with the card' },
    { from: 'relay', to: 'fincore', text: 'the request without the card' },
    { from: 'fincore', to: 'relay', text: 'what to send, with a gap for the card', isAnswer: true },
    { from: 'relay', to: 'psp', text: 'the request, with the card put in' },
    { from: 'psp', to: 'relay', text: 'the PSP’s answer', isAnswer: true },
    { from: 'relay', to: 'fincore', text: 'the answer without the card' },
    { from: 'fincore', to: 'relay', text: '201, status', isAnswer: true },
    { from: 'relay', to: 'shop', text: '201, status', isAnswer: true },
    { from: 'fincore', to: 'shop', text: 'charge.captured, as a signed webhook' },
  ],
}

const diagrams = { 'hosted-redirect': hosted, 'client-side-sdk': clientSide, 'server-to-server': serverToServer }

/** The pictures of `docs/guides/`, one for each flow. */
export function drawFlows(): { path: string; text: string }[] {
  return Object.entries(diagrams).map(([name, sequence]) => ({
    path: `docs/guides/${name}.svg`,
    text: drawSequence(sequence as Sequence),
  }))
}
