import type { DeclineCode } from '../magic-cards.ts'

export type Language = 'en' | 'de'

/** The page's language: the session's wish, else the first of `Accept-Language` that there is, else English. */
export function chooseLanguage(wish: string | null | undefined, acceptLanguage: string | undefined): Language {
  const tags = [wish ?? '', ...(acceptLanguage ?? '').slice(0, 200).split(',')]
  const languages = tags.map((tag) => tag.trim().slice(0, 2).toLowerCase())
  return languages.find((language) => language === 'en' || language === 'de') === 'de' ? 'de' : 'en'
}

const en = {
  testMode: 'Test mode',
  testModeNote: 'No money moves. Use a test card.',
  payAmount: 'Pay {amount}',
  payHeading: 'Pay by card',
  summary: 'Order summary',
  total: 'Total',
  orderOf: 'Your order at',
  cardNumber: 'Card number',
  expiry: 'Expiry date',
  expiryHint: 'MM / YY',
  cvc: 'Security code',
  cvcHint: '3 or 4 digits',
  holderName: 'Name on card',
  optional: '(optional)',
  cancel: 'Cancel and return to',
  processing: 'Processing…',
  testCards: 'Test cards',
  testCardsIntro: 'Any future date and any security code will do.',
  allTestCards: 'All test cards',
  notPaid: 'The payment was not made',
  tryAgain: 'You were not charged. Check your details, or try another card.',
  incorrect_number: 'Check the card number.',
  incomplete_number: 'Enter the card number.',
  incorrect_cvc: 'Check the security code.',
  incomplete_cvc: 'Enter the security code.',
  incorrect_expiry: 'Check the expiry date.',
  incomplete_expiry: 'Enter the expiry date as MM / YY.',
  expired_date: 'The card has expired.',
  tokenFailed: 'The card details could not be sent. Check your connection and try again.',
  abandoned: 'You left your bank’s confirmation page.',
  expiredTitle: 'This checkout has expired',
  expiredText: 'You were not charged. Go back to the shop and start again.',
  lateArrivedText:
    'Your payment arrived after it had expired. The shop keeps it or gives it back; please do not pay again.',
  paidTitle: 'Payment complete',
  paidText: 'Thank you. This order is paid; you do not need to pay again.',
  unknownTitle: 'This page does not exist',
  unknownText: 'Check the address, or go back to the shop and start again.',
  lateTitle: 'Your payment is being processed',
  lateText: 'Your bank is taking longer than usual. Please do not pay again.',
  checkAgain: 'Check again',
  backToShop: 'Back to',
  challengeTitle: 'Confirm your payment',
  challengeText: 'Your bank asks you to confirm this payment before it is made.',
  merchant: 'Merchant',
  amount: 'Amount',
  card: 'Card',
  cardEnding: 'ending in',
  confirm: 'Confirm payment',
  fail: 'Fail the check',
  leave: 'Leave without confirming',
  bankNote: 'Example Bank is not a real bank. This page stands in for 3-D Secure.',
  challengeOverTitle: 'This confirmation is over',
  challengeOverText: 'You can close this window.',
}

type Texts = Record<keyof typeof en, string>

const de: Texts = {
  testMode: 'Testmodus',
  testModeNote: 'Es fließt kein Geld. Verwenden Sie eine Testkarte.',
  payAmount: '{amount} bezahlen',
  payHeading: 'Mit Karte bezahlen',
  summary: 'Bestellübersicht',
  total: 'Summe',
  orderOf: 'Ihre Bestellung bei',
  cardNumber: 'Kartennummer',
  expiry: 'Ablaufdatum',
  expiryHint: 'MM / JJ',
  cvc: 'Prüfnummer',
  cvcHint: '3 oder 4 Ziffern',
  holderName: 'Name auf der Karte',
  optional: '(optional)',
  cancel: 'Abbrechen und zurück zu',
  processing: 'Wird verarbeitet…',
  testCards: 'Testkarten',
  testCardsIntro: 'Jedes künftige Datum und jede Prüfnummer passt.',
  allTestCards: 'Alle Testkarten',
  notPaid: 'Die Zahlung wurde nicht ausgeführt',
  tryAgain: 'Es wurde nichts abgebucht. Prüfen Sie Ihre Angaben oder versuchen Sie eine andere Karte.',
  incorrect_number: 'Prüfen Sie die Kartennummer.',
  incomplete_number: 'Geben Sie die Kartennummer ein.',
  incorrect_cvc: 'Prüfen Sie die Prüfnummer.',
  incomplete_cvc: 'Geben Sie die Prüfnummer ein.',
  incorrect_expiry: 'Prüfen Sie das Ablaufdatum.',
  incomplete_expiry: 'Geben Sie das Ablaufdatum als MM / JJ ein.',
  expired_date: 'Die Karte ist abgelaufen.',
  tokenFailed: 'Die Kartendaten konnten nicht gesendet werden. Prüfen Sie Ihre Verbindung und versuchen Sie es erneut.',
  abandoned: 'Sie haben die Bestätigungsseite Ihrer Bank verlassen.',
  expiredTitle: 'Dieser Bezahlvorgang ist abgelaufen',
  expiredText: 'Es wurde nichts abgebucht. Gehen Sie zurück zum Shop und beginnen Sie neu.',
  lateArrivedText:
    'Ihre Zahlung kam erst danach an. Der Shop behält sie oder zahlt sie zurück; bitte zahlen Sie nicht noch einmal.',
  paidTitle: 'Zahlung abgeschlossen',
  paidText: 'Vielen Dank. Diese Bestellung ist bezahlt; Sie müssen nicht noch einmal zahlen.',
  unknownTitle: 'Diese Seite gibt es nicht',
  unknownText: 'Prüfen Sie die Adresse, oder gehen Sie zurück zum Shop und beginnen Sie neu.',
  lateTitle: 'Ihre Zahlung wird verarbeitet',
  lateText: 'Ihre Bank braucht länger als gewöhnlich. Bitte zahlen Sie nicht noch einmal.',
  checkAgain: 'Erneut prüfen',
  backToShop: 'Zurück zu',
  challengeTitle: 'Zahlung bestätigen',
  challengeText: 'Ihre Bank bittet Sie, diese Zahlung zu bestätigen, bevor sie ausgeführt wird.',
  merchant: 'Händler',
  amount: 'Betrag',
  card: 'Karte',
  cardEnding: 'mit Endziffern',
  confirm: 'Zahlung bestätigen',
  fail: 'Prüfung scheitern lassen',
  leave: 'Ohne Bestätigung verlassen',
  bankNote: 'Example Bank ist keine echte Bank. Diese Seite steht für 3-D Secure.',
  challengeOverTitle: 'Diese Bestätigung ist vorbei',
  challengeOverText: 'Sie können dieses Fenster schließen.',
}

export const texts: Record<Language, Texts> = { en, de }

// A lost or stolen card is declined without saying so: whoever holds it may not be its owner.
const declineTextsOf = {
  insufficient_funds: ['The card has too little money available.', 'Auf der Karte ist nicht genug Geld verfügbar.'],
  do_not_honor: ['Your bank did not approve the payment.', 'Ihre Bank hat die Zahlung nicht freigegeben.'],
  expired_card: ['The card has expired.', 'Die Karte ist abgelaufen.'],
  incorrect_cvc: ['The security code is not right.', 'Die Prüfnummer stimmt nicht.'],
  lost_card: ['The card was declined.', 'Die Karte wurde abgelehnt.'],
  stolen_card: ['The card was declined.', 'Die Karte wurde abgelehnt.'],
  suspected_fraud: ['The card was declined.', 'Die Karte wurde abgelehnt.'],
  card_not_supported: ['This kind of card is not accepted.', 'Diese Art von Karte wird nicht akzeptiert.'],
  currency_not_supported: ['The card cannot pay in this currency.', 'Die Karte kann in dieser Währung nicht zahlen.'],
  limit_exceeded: ['The payment is above a limit of the card.', 'Die Zahlung liegt über einem Limit der Karte.'],
  issuer_unavailable: ['Your bank could not be reached.', 'Ihre Bank war nicht erreichbar.'],
  processing_error: ['Your bank could not process the payment.', 'Ihre Bank konnte die Zahlung nicht verarbeiten.'],
  generic: ['The card was declined.', 'Die Karte wurde abgelehnt.'],
  authentication_failed: [
    'Your bank could not confirm that it is you.',
    'Ihre Bank konnte nicht bestätigen, dass Sie es sind.',
  ],
} as const satisfies Record<DeclineCode, readonly [en: string, de: string]>

/** Why the card was declined, for the shopper. */
export function declineText(code: DeclineCode, language: Language): string {
  return declineTextsOf[code][language === 'de' ? 1 : 0]
}
