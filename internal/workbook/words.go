package workbook

// words are the messages beside the cells to write into. Empty is written as
// the drop-down lists have it; every language's own word is taken as well.
type words struct {
	choice, yesNo, several, text string // what may be written
	notInList, notYesNo, tooLong string // what is wrong
}

var languages = map[string]words{
	"en": {
		choice:    "Choose a value or write its code.\nBlank keeps what is there, Empty clears it.",
		yesNo:     "TRUE or FALSE.\nBlank keeps what is there, Empty clears it.",
		several:   "A|B replaces all values by these.\nadd: A|B adds these.\nremove: A|B takes these away.\nBlank keeps what is there, Empty clears it.",
		text:      "Up to %d characters on one line.\nBlank keeps what is there, Empty clears it.",
		notInList: "This is not in the list. A code or a label by itself is taken as well; anything else will be rejected.",
		notYesNo:  "Choose TRUE, FALSE or Empty, or leave the cell blank.",
		tooLong:   "This has more than %d characters and will be rejected.",
	},
	"fr": {
		choice:    "Choisissez une valeur ou écrivez son code.\nLaissée vide, la cellule ne change rien ; Empty efface la valeur.",
		yesNo:     "TRUE ou FALSE.\nLaissée vide, la cellule ne change rien ; Empty efface la valeur.",
		several:   "A|B remplace toutes les valeurs par celles-ci.\nadd: A|B les ajoute.\nremove: A|B les retire.\nLaissée vide, la cellule ne change rien ; Empty efface tout.",
		text:      "Au plus %d caractères, sur une ligne.\nLaissée vide, la cellule ne change rien ; Empty efface la valeur.",
		notInList: "Ce texte n’est pas dans la liste. Un code ou un libellé seul est accepté aussi ; tout le reste sera rejeté.",
		notYesNo:  "Choisissez TRUE, FALSE ou Empty, ou laissez la cellule vide.",
		tooLong:   "Ce texte a plus de %d caractères et sera rejeté.",
	},
	"de": {
		choice:    "Wählen Sie einen Wert oder schreiben Sie seinen Code.\nFrei gelassen ändert die Zelle nichts, Empty löscht den Wert.",
		yesNo:     "TRUE oder FALSE.\nFrei gelassen ändert die Zelle nichts, Empty löscht den Wert.",
		several:   "A|B ersetzt alle Werte durch diese.\nadd: A|B fügt sie hinzu.\nremove: A|B nimmt sie weg.\nFrei gelassen ändert die Zelle nichts, Empty löscht alle Werte.",
		text:      "Höchstens %d Zeichen in einer Zeile.\nFrei gelassen ändert die Zelle nichts, Empty löscht den Wert.",
		notInList: "Das steht nicht in der Liste. Ein Code oder eine Bezeichnung allein geht auch; alles andere wird abgelehnt.",
		notYesNo:  "Wählen Sie TRUE, FALSE oder Empty, oder lassen Sie die Zelle frei.",
		tooLong:   "Das hat mehr als %d Zeichen und wird abgelehnt.",
	},
	"it": {
		choice:    "Scelga un valore o scriva il suo codice.\nIn bianco la cella non cambia nulla, Empty cancella il valore.",
		yesNo:     "TRUE o FALSE.\nIn bianco la cella non cambia nulla, Empty cancella il valore.",
		several:   "A|B sostituisce tutti i valori con questi.\nadd: A|B li aggiunge.\nremove: A|B li toglie.\nIn bianco la cella non cambia nulla, Empty cancella tutto.",
		text:      "Al massimo %d caratteri su una riga.\nIn bianco la cella non cambia nulla, Empty cancella il valore.",
		notInList: "Non è nell’elenco. Sono accettati anche un codice o un’etichetta da soli; tutto il resto sarà respinto.",
		notYesNo:  "Scelga TRUE, FALSE o Empty, oppure lasci la cella in bianco.",
		tooLong:   "Ha più di %d caratteri e sarà respinto.",
	},
	"es": {
		choice:    "Elija un valor o escriba su código.\nEn blanco la celda no cambia nada; Empty borra el valor.",
		yesNo:     "TRUE o FALSE.\nEn blanco la celda no cambia nada; Empty borra el valor.",
		several:   "A|B sustituye todos los valores por estos.\nadd: A|B los añade.\nremove: A|B los quita.\nEn blanco la celda no cambia nada; Empty borra todo.",
		text:      "Como máximo %d caracteres en una línea.\nEn blanco la celda no cambia nada; Empty borra el valor.",
		notInList: "No está en la lista. También se aceptan un código o una etiqueta solos; todo lo demás se rechazará.",
		notYesNo:  "Elija TRUE, FALSE o Empty, o deje la celda en blanco.",
		tooLong:   "Tiene más de %d caracteres y se rechazará.",
	},
}

func wordsIn(lang string) words {
	if w, ok := languages[lang]; ok {
		return w
	}
	return languages["en"]
}
