package sheet

// WithBlock makes a reader ask for n bytes at a time.
func (o Options) WithBlock(n int) Options {
	o.block = n
	return o
}

// WithSharedBytes makes a workbook's texts fewer until the function it returns is
// called.
func WithSharedBytes(n int) (back func()) {
	was := sharedBytes
	sharedBytes = n
	return func() { sharedBytes = was }
}
