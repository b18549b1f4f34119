import type { TokenResult } from '@fincore/browser'
import { type FormEvent, type ReactElement, useState } from 'react'
import { CardFieldsPlace, useCardFields } from './card-fields.tsx'

/** What this shop's server answers: three fields of the charge that it made with the token. */
type Answer = {
  status: string
  next_action: { type: string; url?: string } | null
  message: string | null
}

/** A form that pays once, however often its button is pressed. */
export function Checkout({ api, publishableKey }: { api: string; publishableKey: string }): ReactElement {
  const card = useCardFields({ api, publishableKey })
  const [isPaying, setPaying] = useState(false)
  const [outcome, setOutcome] = useState<string | null>(null)

  const pay = async (event: FormEvent) => {
    event.preventDefault()
    if (isPaying || card.state.status !== 'ready') return
    const { fincore, fields } = card.state
    setPaying(true)
    setOutcome(null)
    try {
      const charge = await payAtServer(await fields.tokenize())
      // Leaves for the bank's page when the charge asks for it.
      await fincore.handleNextAction(charge)
      setOutcome(describe(charge))
    } catch (error) {
      setOutcome(error instanceof Error ? error.message : String(error))
    }
    setPaying(false)
  }

  return (
    <form onSubmit={pay}>
      <CardFieldsPlace {...card} />
      <button type="submit" aria-disabled={isPaying || card.state.status !== 'ready'}>
        Pay
      </button>
      <p role="alert">{outcome}</p>
    </form>
  )
}

async function payAtServer({ token, pspAccount }: TokenResult): Promise<Answer> {
  const headers = { 'content-type': 'application/json' }
  const body = JSON.stringify({ token, pspAccount })
  const response = await fetch('/pay', { method: 'POST', headers, body }).catch(() => null)
  // Without an answer nobody knows: it may have been paid, so the shopper must not pay again.
  return (await response?.json().catch(() => null)) ?? { status: 'processing', next_action: null, message: null }
}

function describe({ status, message }: Answer): string {
  if (status === 'captured' || status === 'authorized') return 'Thank you. Your order is paid.'
  if (status === 'processing') return 'Your payment is being confirmed. Please do not pay again.'
  return message ?? 'The payment was not made. Nothing was charged.'
}
