#include "service/command_line.hpp"

int main(int argc, char** argv) {
  return throng::service::run_program(argc, argv);
}
