package memory_test

import (
	"rollbook/internal/memory"
	"rollbook/internal/storetest"
)

var (
	_ storetest.Contacts  = (*memory.Contacts)(nil)
	_ storetest.Catalogue = (*memory.Catalogue)(nil)
	_ storetest.Jobs      = (*memory.Jobs)(nil)
	_ storetest.Blobs     = (*memory.Blobs)(nil)
)
