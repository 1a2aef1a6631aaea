package roll

// Creation asks for a new contact.
type Creation struct {
	Number     ContactNumber
	Fields     map[Field]Value
	Identity   string
	Applied    Applied
	Provenance Provenance
}

// Made is the answer to one Creation.
type Made struct {
	Number ContactNumber
	Done   bool
	Live   *Contact
	Gone   bool
	Err    error
}
