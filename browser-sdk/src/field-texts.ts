import type { FieldsOptions } from './types.ts'

export type FieldName = 'number' | 'expiry' | 'cvc'
export const fieldNames: readonly FieldName[] = ['number', 'expiry', 'cvc']

/** `date` is how the expiry date is written, for a PSP that does not say it by itself. */
type FieldTexts = Record<FieldName | 'title' | 'date', string>

const english: FieldTexts = {
  title: 'Card details',
  number: 'Card number',
  expiry: 'Expiry date',
  cvc: 'Security code',
  date: 'MM/YY',
}

/** By language; English for every other. What stands in the fields themselves is the PSP's, in the languages it has. */
const textsByLanguage: Readonly<Record<string, FieldTexts>> = {
  de: { title: 'Kartendaten', number: 'Kartennummer', expiry: 'Ablaufdatum', cvc: 'Prüfnummer', date: 'MM/JJ' },
  es: {
    title: 'Datos de la tarjeta',
    number: 'Número de tarjeta',
    expiry: 'Fecha de caducidad',
    cvc: 'Código de seguridad',
    date: 'MM/AA',
  },
  fr: {
    title: 'Coordonnées de la carte',
    number: 'Numéro de carte',
    expiry: 'Date d’expiration',
    cvc: 'Code de sécurité',
    date: 'MM/AA',
  },
  nl: { title: 'Kaartgegevens', number: 'Kaartnummer', expiry: 'Vervaldatum', cvc: 'Beveiligingscode', date: 'MM/JJ' },
}

/** The language that the fields are to speak, and what stands beside them. */
export function describeFields(options: FieldsOptions): { locale: string; texts: FieldTexts } {
  const locale = options.locale ?? (document.documentElement.lang || 'en')
  return { locale, texts: textsByLanguage[locale.split('-')[0] ?? ''] ?? english }
}
