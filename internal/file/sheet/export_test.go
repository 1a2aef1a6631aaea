package sheet

// WithBlock makes a reader ask for n bytes at a time.
func (o Options) WithBlock(n int) Options {
	o.block = n
	return o
}
