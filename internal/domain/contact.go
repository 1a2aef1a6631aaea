package domain

import "time"

// InstitutionID names the tenant: 1 to MaxInstitutionID of a-z, 0-9 and -. It comes from the
// token's claim, or from the drop folder's path.
type InstitutionID string

// Valid tells whether the id has the form of one.
func (id InstitutionID) Valid() bool {
	if len(id) == 0 || len(id) > MaxInstitutionID {
		return false
	}
	for i := range len(id) {
		if c := id[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}

// ContactNumber is 1 to MaxContactNumber digits; leading zeros count.
type ContactNumber string

// Valid tells whether the number has the form of one.
func (n ContactNumber) Valid() bool {
	if len(n) == 0 || len(n) > MaxContactNumber {
		return false
	}
	for i := range len(n) {
		if n[i] < '0' || n[i] > '9' {
			return false
		}
	}
	return true
}

// Contact is a person or organisation with all its values.
type Contact struct {
	Number ContactNumber
	// Fields holds every value that is not empty: criteria, authorisations
	// and the contact's own data (contact:email, contact:lastName …).
	Fields map[Field]Value
	// Provenance says where each set criterion and authorisation came from.
	Provenance map[Field]Provenance
	// Mark is the order of the import that wrote or burnt the contact last.
	Mark Order
	// Stamps are what imports decided about the contact, by slot.
	Stamps map[int]Stamp
	// Origin says which import made the contact, if one did.
	Origin Origin
	// Version counts writes through the API, for optimistic updates; a new
	// contact has 1.
	Version int
}

// Get returns the value of a field, Empty if it has none.
func (c Contact) Get(f Field) Value { return c.Fields[f] }

// Email returns the contact's e-mail address.
func (c Contact) Email() string { return string(c.Fields[ContactEmail]) }

// The contact's own fields, in the order in which files carry them.
const (
	ContactEmail     Field = "contact:email"
	ContactTitle     Field = "contact:title"
	ContactFirstName Field = "contact:firstName"
	ContactLastName  Field = "contact:lastName"
	ContactLanguage  Field = "contact:language"
	ContactBirthDate Field = "contact:birthDate" // yyyy-mm-dd
	ContactPhone     Field = "contact:phone"
	ContactStreet    Field = "contact:street"
	ContactPostcode  Field = "contact:postcode"
	ContactCity      Field = "contact:city"
	ContactCountry   Field = "contact:country"
)

// ContactField is one of the contact's own fields with its column name.
type ContactField struct {
	Field  Field
	Column string
	Max    int // characters
}

// ContactFields lists them in file order.
var ContactFields = []ContactField{
	{ContactEmail, "Email", MaxEmail},
	{ContactTitle, "Title", MaxTitle},
	{ContactFirstName, "First name", 100},
	{ContactLastName, "Last name", 100},
	{ContactLanguage, "Language", 5},
	{ContactBirthDate, "Birth date", 10},
	{ContactPhone, "Phone", 40},
	{ContactStreet, "Street", 200},
	{ContactPostcode, "Postcode", 20},
	{ContactCity, "City", 100},
	{ContactCountry, "Country", 60},
}

// ContactDef returns the definition of one of the contact's own fields: its code
// is its name in the API and its label the column's name.
func ContactDef(f Field) (FieldDef, bool) {
	for _, c := range ContactFields {
		if c.Field == f {
			return FieldDef{Code: f.Code(), Label: c.Column, Kind: ContactText, MaxLength: c.Max}, true
		}
	}
	return FieldDef{}, false
}

// Provenance says when and by whom a value was set.
type Provenance struct {
	At     time.Time
	Import string // the import's id, if an import did it
	By     Who    // if a person or machine did it through the API
	Proof  string // free text that proves an authorisation
	// Was is that of the refusal which an import made true, so that an undo of the
	// import brings it back with its proof; nil for none. It has no Was itself.
	Was *Provenance
}

// Of returns what a field that is set remembers: what proves a consent is not kept
// with what an import sets beside it.
func (p Provenance) Of(f Field) Provenance {
	if room, _ := f.Split(); p.Import != "" && room != AuthorisationRoom {
		p.Proof = ""
	}
	return p
}

// Applied is what a write does, as its stamp says it to every other try of the
// same row.
type Applied struct {
	Import string
	Line   int
	Before map[Field]Value // what the changed fields had
}

// Write is one conditional change of one contact: if the contact exists, its
// stamp in the ticket's slot is of an earlier order or missing, and every field
// in If has that stored value, then Set is written whole and stamped; otherwise
// nothing is.
type Write struct {
	Number ContactNumber
	If     map[Field]Value
	Set    map[Field]Value // Empty removes
	// Applied goes into the stamp; its Before must equal If for every field in
	// Set.
	Applied    Applied
	Provenance Provenance
	// Own has the provenance of fields that have another one; nil for none.
	Own    map[Field]Provenance
	Ticket Ticket // what the import writes by
	// Strict says that Before is the row's [old], so that the stamp need not
	// hold it.
	Strict bool
}

// ProvenanceOf returns what a field in Set remembers.
func (w *Write) ProvenanceOf(f Field) Provenance {
	if p, ok := w.Own[f]; ok {
		return p
	}
	return w.Provenance.Of(f)
}

// Written is the answer to one Write.
type Written struct {
	Done bool
	// Own is this round's stamp that refused the write, also where it is on what
	// remains of a deleted contact.
	Own *Stamp
	// Later says that a later round's stamp refused it: this import is over.
	Later bool
	// Doubt says that an attempt ended without the service's answer: whatever
	// the other fields say, that one may yet be done.
	Doubt bool
	// Live is the contact as it stands when the condition failed; nil when
	// there is no such contact.
	Live *Contact
	// Err says that this write was not tried or cannot be done: kind Busy when
	// it may succeed later, TooLarge when the contact would be over its limit.
	Err error
}
