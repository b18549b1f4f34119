import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { Checkout } from './checkout.tsx'

const place = document.querySelector<HTMLElement>('#checkout')
if (place === null) throw new Error('The page has no #checkout.')
const { api = '', publishableKey = '' } = place.dataset
createRoot(place).render(
  <StrictMode>
    <Checkout api={api} publishableKey={publishableKey} />
  </StrictMode>,
)
