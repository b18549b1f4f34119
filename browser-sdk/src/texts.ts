/** What stands around the fields, and what a shopper is told when something fails. */
export type Texts = {
  title: string
  number: string
  expiry: string
  cvc: string
  /** How an expiry date is written, for a PSP that does not say it by itself. */
  date: string
  notPossible: string
  notPaid: string
}

const english: Texts = {
  title: 'Card details',
  number: 'Card number',
  expiry: 'Expiry date',
  cvc: 'Security code',
  date: 'MM/YY',
  notPossible: 'Paying by card is not possible. Reload the page, or choose another way to pay.',
  notPaid: 'Nothing was charged. Check the card details and try again.',
}

/** By language; English for every other. What stands in the fields themselves is the PSP's, in the languages it has. */
const byLanguage: Readonly<Record<string, Texts>> = {
  de: {
    title: 'Kartendaten',
    number: 'Kartennummer',
    expiry: 'Ablaufdatum',
    cvc: 'Prüfnummer',
    date: 'MM/JJ',
    notPossible: 'Kartenzahlung ist nicht möglich. Laden Sie die Seite neu, oder wählen Sie eine andere Zahlungsart.',
    notPaid: 'Es wurde nichts abgebucht. Prüfen Sie die Kartendaten und versuchen Sie es erneut.',
  },
  es: {
    title: 'Datos de la tarjeta',
    number: 'Número de tarjeta',
    expiry: 'Fecha de caducidad',
    cvc: 'Código de seguridad',
    date: 'MM/AA',
    notPossible: 'No se puede pagar con tarjeta. Recargue la página o elija otra forma de pago.',
    notPaid: 'No se cobró nada. Compruebe los datos de la tarjeta e inténtelo de nuevo.',
  },
  fr: {
    title: 'Données de la carte',
    number: 'Numéro de carte',
    expiry: 'Date d’expiration',
    cvc: 'Code de sécurité',
    date: 'MM/AA',
    notPossible:
      'Le paiement par carte n’est pas possible. Rechargez la page ou choisissez un autre moyen de paiement.',
    notPaid: 'Rien n’a été débité. Vérifiez les données de la carte et réessayez.',
  },
  it: {
    title: 'Dati della carta',
    number: 'Numero della carta',
    expiry: 'Data di scadenza',
    cvc: 'Codice di sicurezza',
    date: 'MM/AA',
    notPossible: 'Non è possibile pagare con la carta. Ricarichi la pagina o scelga un altro metodo di pagamento.',
    notPaid: 'Nulla è stato addebitato. Controlli i dati della carta e riprovi.',
  },
  nl: {
    title: 'Kaartgegevens',
    number: 'Kaartnummer',
    expiry: 'Vervaldatum',
    cvc: 'Beveiligingscode',
    date: 'MM/JJ',
    notPossible: 'Met een kaart betalen is niet mogelijk. Laad de pagina opnieuw of kies een andere betaalwijze.',
    notPaid: 'Er is niets afgeschreven. Controleer de kaartgegevens en probeer het opnieuw.',
  },
  pl: {
    title: 'Dane karty',
    number: 'Numer karty',
    expiry: 'Data ważności',
    cvc: 'Kod zabezpieczający',
    date: 'MM/RR',
    notPossible: 'Płatność kartą nie jest możliwa. Odśwież stronę lub wybierz inną metodę płatności.',
    notPaid: 'Nic nie zostało pobrane. Sprawdź dane karty i spróbuj ponownie.',
  },
  pt: {
    title: 'Dados do cartão',
    number: 'Número do cartão',
    expiry: 'Data de validade',
    cvc: 'Código de segurança',
    date: 'MM/AA',
    notPossible: 'Não é possível pagar com cartão. Recarregue a página ou escolha outra forma de pagamento.',
    notPaid: 'Nada foi cobrado. Verifique os dados do cartão e tente novamente.',
  },
}

/** The texts of a language, which `locale` (a BCP 47 tag) names. */
export function textsOf(locale: string): Texts {
  return byLanguage[locale.slice(0, 2).toLowerCase()] ?? english
}
