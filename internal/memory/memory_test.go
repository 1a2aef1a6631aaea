package memory_test

import (
	"testing"

	"rollbook/internal/memory"
	"rollbook/internal/storetest"
)

func TestContacts(t *testing.T) {
	storetest.TestContacts(t, func(*testing.T) storetest.Contacts { return memory.NewContacts() })
}
