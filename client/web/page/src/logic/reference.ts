// The reference catalogue as the page asks it: this one place.
import { call } from '../api';

export interface FoundMedicine {
  code: string;
  name: string;
  unit: string;
  control: string;
}

export interface FoundDisease {
  cid: string;
  name: string;
}

/// What the catalogue of this laptop has by that name, those of the CID first; nothing when it cannot be
/// asked.
export async function findMedicines(term: string, cid: string): Promise<FoundMedicine[]> {
  try {
    return (await call<{ medicines: FoundMedicine[] }>('/api/reference/medicines', { term, cid })).medicines;
  } catch {
    return [];
  }
}

export async function findDiseases(term: string): Promise<FoundDisease[]> {
  try {
    return (await call<{ diseases: FoundDisease[] }>('/api/reference/diseases', { term })).diseases;
  } catch {
    return [];
  }
}
