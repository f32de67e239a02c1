// Names a message to CAF: one line a message.
#pragma once

#include <caf/all.hpp>

/// Within a CAF_BEGIN_TYPE_ID_BLOCK of `block`. The message travels within one process only: before it may leave it, it needs an
/// inspect function; over the network an "unsafe" type arrives as zeros, without a word.
#define THRONG_LOCAL_MESSAGE(block, name)                                                                              \
  CAF_ADD_TYPE_ID(block, (throng::actors::name))                                                                       \
  CAF_ALLOW_UNSAFE_MESSAGE_TYPE(throng::actors::name)
