import { texts } from './texts.ts'

/** What stands around the card's inputs, and what is wrong with them. */
export const fieldTextNames = [
  'cardNumber',
  'expiry',
  'expiryHint',
  'cvc',
  'payHeading',
  'incorrect_number',
  'incomplete_number',
  'incorrect_cvc',
  'incomplete_cvc',
  'incorrect_expiry',
  'incomplete_expiry',
  'expired_date',
  'tokenFailed',
  'processing',
] as const
export type FieldTexts = Record<(typeof fieldTextNames)[number], string>

/** The languages of the card fields in a merchant's page: more than those of the hosted page. */
const fieldTexts: Readonly<Record<string, FieldTexts>> = {
  en: texts.en,
  de: texts.de,
  es: {
    cardNumber: 'Número de tarjeta',
    expiry: 'Fecha de caducidad',
    expiryHint: 'MM / AA',
    cvc: 'Código de seguridad',
    payHeading: 'Pagar con tarjeta',
    incorrect_number: 'Compruebe el número de tarjeta.',
    incomplete_number: 'Introduzca el número de tarjeta.',
    incorrect_cvc: 'Compruebe el código de seguridad.',
    incomplete_cvc: 'Introduzca el código de seguridad.',
    incorrect_expiry: 'Compruebe la fecha de caducidad.',
    incomplete_expiry: 'Introduzca la fecha como MM / AA.',
    expired_date: 'La tarjeta ha caducado.',
    tokenFailed: 'No se enviaron los datos de la tarjeta. Compruebe su conexión e inténtelo de nuevo.',
    processing: 'Procesando…',
  },
  fr: {
    cardNumber: 'Numéro de carte',
    expiry: 'Date d’expiration',
    expiryHint: 'MM / AA',
    cvc: 'Code de sécurité',
    payHeading: 'Payer par carte',
    incorrect_number: 'Vérifiez le numéro de carte.',
    incomplete_number: 'Saisissez le numéro de carte.',
    incorrect_cvc: 'Vérifiez le code de sécurité.',
    incomplete_cvc: 'Saisissez le code de sécurité.',
    incorrect_expiry: 'Vérifiez la date d’expiration.',
    incomplete_expiry: 'Saisissez la date sous la forme MM / AA.',
    expired_date: 'La carte a expiré.',
    tokenFailed: 'Les données de la carte n’ont pas été envoyées. Vérifiez votre connexion et réessayez.',
    processing: 'Traitement…',
  },
  it: {
    cardNumber: 'Numero della carta',
    expiry: 'Data di scadenza',
    expiryHint: 'MM / AA',
    cvc: 'Codice di sicurezza',
    payHeading: 'Paga con la carta',
    incorrect_number: 'Controlli il numero della carta.',
    incomplete_number: 'Inserisca il numero della carta.',
    incorrect_cvc: 'Controlli il codice di sicurezza.',
    incomplete_cvc: 'Inserisca il codice di sicurezza.',
    incorrect_expiry: 'Controlli la data di scadenza.',
    incomplete_expiry: 'Inserisca la data come MM / AA.',
    expired_date: 'La carta è scaduta.',
    tokenFailed: 'I dati della carta non sono stati inviati. Controlli la connessione e riprovi.',
    processing: 'Elaborazione…',
  },
  nl: {
    cardNumber: 'Kaartnummer',
    expiry: 'Vervaldatum',
    expiryHint: 'MM / JJ',
    cvc: 'Beveiligingscode',
    payHeading: 'Met kaart betalen',
    incorrect_number: 'Controleer het kaartnummer.',
    incomplete_number: 'Vul het kaartnummer in.',
    incorrect_cvc: 'Controleer de beveiligingscode.',
    incomplete_cvc: 'Vul de beveiligingscode in.',
    incorrect_expiry: 'Controleer de vervaldatum.',
    incomplete_expiry: 'Vul de datum in als MM / JJ.',
    expired_date: 'De kaart is verlopen.',
    tokenFailed: 'De kaartgegevens zijn niet verzonden. Controleer uw verbinding en probeer het opnieuw.',
    processing: 'Bezig…',
  },
  pl: {
    cardNumber: 'Numer karty',
    expiry: 'Data ważności',
    expiryHint: 'MM / RR',
    cvc: 'Kod zabezpieczający',
    payHeading: 'Zapłać kartą',
    incorrect_number: 'Sprawdź numer karty.',
    incomplete_number: 'Wpisz numer karty.',
    incorrect_cvc: 'Sprawdź kod zabezpieczający.',
    incomplete_cvc: 'Wpisz kod zabezpieczający.',
    incorrect_expiry: 'Sprawdź datę ważności.',
    incomplete_expiry: 'Wpisz datę jako MM / RR.',
    expired_date: 'Karta straciła ważność.',
    tokenFailed: 'Dane karty nie zostały wysłane. Sprawdź połączenie i spróbuj ponownie.',
    processing: 'Przetwarzanie…',
  },
  pt: {
    cardNumber: 'Número do cartão',
    expiry: 'Data de validade',
    expiryHint: 'MM / AA',
    cvc: 'Código de segurança',
    payHeading: 'Pagar com cartão',
    incorrect_number: 'Verifique o número do cartão.',
    incomplete_number: 'Introduza o número do cartão.',
    incorrect_cvc: 'Verifique o código de segurança.',
    incomplete_cvc: 'Introduza o código de segurança.',
    incorrect_expiry: 'Verifique a data de validade.',
    incomplete_expiry: 'Introduza a data como MM / AA.',
    expired_date: 'O cartão expirou.',
    tokenFailed: 'Os dados do cartão não foram enviados. Verifique a sua ligação e tente novamente.',
    processing: 'A processar…',
  },
}

/** The language of the fields: what the merchant's page wishes, else the browser's first that there is, else English. */
export function chooseFieldLanguage(
  wish: string,
  acceptLanguage: string | undefined,
): { language: string; t: FieldTexts } {
  const tags = [wish, ...(acceptLanguage ?? '').slice(0, 200).split(',')]
  for (const tag of tags) {
    const language = tag.trim().slice(0, 2).toLowerCase()
    const t = fieldTexts[language]
    if (t !== undefined) return { language, t }
  }
  return { language: 'en', t: texts.en }
}
