import type { LinkPage } from './matrix.ts'

export const languages = ['en', 'de'] as const
export type Language = (typeof languages)[number]

/** What a page says. `{merchant}` and `{amount}` are filled in. */
export type PageText = { title: string; text: string; action?: string }

type Texts = Record<Exclude<LinkPage, 'pay'> | 'still_confirming' | 'card_data' | 'paused' | 'fault', PageText> & {
  pay: { heading: string; action: string; opening: string; note: string }
  /** Where no session is known, and so no name. */
  theShop: string
  /** Added to `expired` when late money goes back. */
  givenBack: string
}

export const texts: Record<Language, Texts> = {
  en: {
    pay: {
      heading: 'Payment to {merchant}',
      action: 'Continue to payment',
      opening: 'Opening the payment page…',
      note: 'You pay on the secure page of the payment provider. This link works in this browser only.',
    },
    used_elsewhere: {
      title: 'This link is open in another browser',
      text: 'For your safety, a payment link works in one browser only. Go on where you first opened it, or ask {merchant} for a new link.',
    },
    completed: {
      title: 'Your payment is done',
      text: 'You paid {amount} to {merchant}. There is nothing more to do.',
      action: 'Back to {merchant}',
    },
    expired: {
      title: 'This payment link has expired',
      text: 'Nothing can be paid with it any more. Go back to {merchant} to start again.',
      action: 'Back to {merchant}',
    },
    canceled: {
      title: 'The payment was canceled',
      text: 'You were not charged. Go back to {merchant} if you want to start again.',
      action: 'Back to {merchant}',
    },
    unknown: {
      title: 'We do not know this link',
      text: 'Please check that you copied the whole address, or ask {merchant} for a new link.',
    },
    confirming: {
      title: 'Confirming your payment',
      text: 'This takes a few seconds. Please leave this page open; it goes on by itself.',
    },
    still_confirming: {
      title: 'Your payment is still being confirmed',
      text: 'It takes longer than usual. You can close this page: {merchant} is told as soon as the payment is confirmed. Please do not pay again.',
      action: 'Check again',
    },
    try_again: {
      title: 'The payment page is not available right now',
      text: 'You were not charged, and your link is still good. Please try again in a moment.',
      action: 'Try again',
    },
    other_site: {
      title: 'Please open the payment yourself',
      text: 'Another site tried to start this payment. You were not charged.',
      action: 'Open the payment',
    },
    card_data: {
      title: 'That looked like a card number',
      text: 'Nothing of it was kept. Please enter your card on the secure page of the payment provider only.',
      action: 'Open the payment',
    },
    paused: {
      title: 'This payment is not possible just now',
      text: 'Too many cards were declined from your connection or in this shop, so for a while none is tried. You were not charged. Please pay {merchant} another way, or try again later.',
      action: 'Back to {merchant}',
    },
    fault: {
      title: 'Something went wrong here',
      text: 'The fault is ours. Please try again in a moment.',
      action: 'Try again',
    },
    theShop: 'the shop',
    givenBack: 'Should money have been taken all the same, it is given back by itself.',
  },
  de: {
    pay: {
      heading: 'Zahlung an {merchant}',
      action: 'Weiter zur Zahlung',
      opening: 'Die Zahlungsseite wird geöffnet …',
      note: 'Sie zahlen auf der sicheren Seite des Zahlungsanbieters. Dieser Link gilt nur in diesem Browser.',
    },
    used_elsewhere: {
      title: 'Dieser Link ist in einem anderen Browser offen',
      text: 'Zu Ihrer Sicherheit gilt ein Zahlungslink nur in einem Browser. Machen Sie dort weiter, wo Sie ihn zuerst geöffnet haben, oder bitten Sie {merchant} um einen neuen Link.',
    },
    completed: {
      title: 'Ihre Zahlung ist abgeschlossen',
      text: 'Sie haben {amount} an {merchant} gezahlt. Es ist nichts weiter zu tun.',
      action: 'Zurück zu {merchant}',
    },
    expired: {
      title: 'Dieser Zahlungslink ist abgelaufen',
      text: 'Mit ihm kann nicht mehr gezahlt werden. Gehen Sie zurück zu {merchant}, um neu zu beginnen.',
      action: 'Zurück zu {merchant}',
    },
    canceled: {
      title: 'Die Zahlung wurde abgebrochen',
      text: 'Ihnen wurde nichts berechnet. Gehen Sie zurück zu {merchant}, wenn Sie neu beginnen möchten.',
      action: 'Zurück zu {merchant}',
    },
    unknown: {
      title: 'Wir kennen diesen Link nicht',
      text: 'Bitte prüfen Sie, ob Sie die ganze Adresse kopiert haben, oder bitten Sie {merchant} um einen neuen Link.',
    },
    confirming: {
      title: 'Ihre Zahlung wird bestätigt',
      text: 'Das dauert einige Sekunden. Bitte lassen Sie diese Seite offen; es geht von selbst weiter.',
    },
    still_confirming: {
      title: 'Ihre Zahlung wird noch bestätigt',
      text: 'Es dauert länger als sonst. Sie können diese Seite schließen: {merchant} erfährt es, sobald die Zahlung bestätigt ist. Bitte zahlen Sie nicht noch einmal.',
      action: 'Noch einmal nachsehen',
    },
    try_again: {
      title: 'Die Zahlungsseite ist gerade nicht erreichbar',
      text: 'Ihnen wurde nichts berechnet, und Ihr Link gilt weiter. Bitte versuchen Sie es gleich noch einmal.',
      action: 'Noch einmal versuchen',
    },
    other_site: {
      title: 'Bitte öffnen Sie die Zahlung selbst',
      text: 'Eine andere Seite wollte diese Zahlung beginnen. Ihnen wurde nichts berechnet.',
      action: 'Zahlung öffnen',
    },
    card_data: {
      title: 'Das sah nach einer Kartennummer aus',
      text: 'Nichts davon wurde aufbewahrt. Bitte geben Sie Ihre Karte nur auf der sicheren Seite des Zahlungsanbieters ein.',
      action: 'Zahlung öffnen',
    },
    paused: {
      title: 'Diese Zahlung ist gerade nicht möglich',
      text: 'Von Ihrem Anschluss aus oder in diesem Shop wurden zu viele Karten abgelehnt. Deshalb wird für eine Weile keine versucht. Ihnen wurde nichts berechnet. Bitte zahlen Sie an {merchant} auf anderem Weg, oder versuchen Sie es später noch einmal.',
      action: 'Zurück zu {merchant}',
    },
    fault: {
      title: 'Hier ist etwas schiefgegangen',
      text: 'Der Fehler liegt bei uns. Bitte versuchen Sie es gleich noch einmal.',
      action: 'Noch einmal versuchen',
    },
    theShop: 'den Shop',
    givenBack: 'Sollte dennoch Geld abgebucht worden sein, wird es von selbst zurückgegeben.',
  },
}

/** The session's language when there are texts in it; otherwise the browser's first that there are texts in. */
export function chooseLanguage(locale: string | null, acceptLanguage: string | undefined): Language {
  const wanted = [
    locale ?? '',
    ...(acceptLanguage ?? '')
      .slice(0, 500)
      .split(',')
      .map((part) => part.trim()),
  ]
  for (const tag of wanted) {
    const found = languages.find((language) => tag.toLowerCase().split(/[-;]/, 1)[0] === language)
    if (found !== undefined) return found
  }
  return 'en'
}
