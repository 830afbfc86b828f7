package dev.creek.consumer.postgres.session;

/** A password: its text form does not tell it, whatever it is put into. */
record Secret(String value) {
  @Override
  public String toString() {
    return "***";
  }
}
