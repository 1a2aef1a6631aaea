// Command serve shows the Import screen on this machine, with everything behind
// it in memory. It shows the embedded bundle: run go generate ./internal/web
// after a change of the sources.
package main

import (
	"flag"
	"fmt"
	"log"

	"rollbook/internal/testing/dev"
)

func main() {
	port := flag.Int("port", 8090, "port of the screen")
	contacts := flag.Int("contacts", 2000, "contacts of each institution")
	flag.Parse()
	s, err := dev.Start(dev.Options{Port: *port, Contacts: *contacts})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(s.URL)
	for _, u := range dev.Users() {
		fmt.Println(u.Email, dev.Password)
	}
	select {}
}
