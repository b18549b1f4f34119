import type { SessionRow } from '../ledger/checkout-sessions.ts'
import type { PaymentRow } from '../ledger/payments.ts'
import { pages } from './assets.ts'
import { type Page, renderMessage } from './layout.ts'
import { type Language, texts } from './texts.ts'

/** What a checkout shows in place of its form: nothing such, paid, in the hands of a slow bank, expired. Null: the form. */
export function renderClosedCheckout(
  session: SessionRow | null,
  tries: PaymentRow[],
  merchant: string,
  language: Language,
): { status: number; page: Page } | null {
  const t = texts[language]
  const backTo = (href: string) => ({ href, label: `${t.backToShop} ${merchant}` })
  if (!session) {
    return {
      status: 404,
      page: renderMessage({ language, title: t.unknownTitle, text: t.unknownText, icon: 'question' }),
    }
  }
  if (session.status === 'completed') {
    const link = backTo(session.return_url)
    return { status: 200, page: renderMessage({ language, title: t.paidTitle, text: t.paidText, icon: 'done', link }) }
  }
  if (tries.some(({ status }) => status === 'late')) {
    const link = { href: `/checkout/${session.secret}`, label: t.checkAgain }
    const page = renderMessage({
      language,
      title: t.lateTitle,
      text: t.lateText,
      icon: 'clock',
      link,
      served: pages.waiting,
    })
    return { status: 200, page }
  }
  if (session.status === 'open') return null
  // Whoever was charged after all must not read that nothing was charged.
  const arrivedLate = tries.some(
    ({ status }) => status === 'authorized' || status === 'captured' || status === 'canceled',
  )
  const text = arrivedLate ? t.lateArrivedText : t.expiredText
  const link = backTo(session.cancel_url)
  return { status: 410, page: renderMessage({ language, title: t.expiredTitle, text, icon: 'clock', link }) }
}
